// Makes the phone's pages an app: the service worker that keeps them, the button to install, and a new version once it is there.
import { byId } from "./dom.js";
import { t } from "./i18n.js";

const INSTALLED = matchMedia("(display-mode: standalone)");
const IS_IOS = /iPhone|iPad/.test(navigator.userAgent);
let offer = null;

/** isBusy(): whether somebody is in the middle of something, so that the page must not begin anew. */
export async function setUpInstall(isBusy = () => false) {
  if (!("serviceWorker" in navigator)) return;
  const hadWorker = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (hadWorker && !isBusy()) location.reload(); // the pages of a newer version
  });
  await navigator.serviceWorker.register("/service-worker.js").catch(() => {}); // the page works without it
}

/** The button in #install, where the browser offers it; on an iPhone, where it does not, how it is done. */
export function setUpInstallButton() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    drawInstall();
  });
  addEventListener("appinstalled", () => { offer = null; drawInstall(); });
  byId("install-now").addEventListener("click", async () => {
    await offer?.prompt();
    offer = null;
    drawInstall();
  });
  drawInstall();
}

export function drawInstall() {
  const byHand = IS_IOS && !INSTALLED.matches;
  byId("install").hidden = INSTALLED.matches || !(offer || byHand);
  byId("install-now").hidden = !offer;
  byId("install-how").textContent = t(byHand ? "phone.install_ios" : "phone.install_note");
}
