// Server-sent events. EventSource reconnects by itself and says what it saw last; a refused log-in it cannot mend.

/** handlers: alert({kind, alert}), camera({name, health}), cameras(), muting(), status({disk, store, lost, settings}), hello({now, missed}), lost(), back(), refused(). */
export function listen(handlers) {
  let source = null;
  let lost = false;

  function connect() {
    source = new EventSource("/api/events");
    source.addEventListener("hello", (event) => {
      if (lost) handlers.back();
      lost = false;
      handlers.hello(JSON.parse(event.data));
    });
    source.addEventListener("alert", (event) => handlers.alert(JSON.parse(event.data)));
    source.addEventListener("camera", (event) => handlers.camera(JSON.parse(event.data)));
    source.addEventListener("cameras", () => handlers.cameras());
    source.addEventListener("muting", () => handlers.muting());
    source.addEventListener("status", (event) => handlers.status(JSON.parse(event.data)));
    source.addEventListener("error", onError);
  }

  function onError() {
    if (!lost) handlers.lost();
    lost = true;
    if (source.readyState === EventSource.CLOSED) checkSession();
  }

  async function checkSession() {
    const answer = await fetch("/api/me", { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) handlers.refused();
    else setTimeout(connect, 3000);
  }

  connect();
}
