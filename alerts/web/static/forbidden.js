// A page that somebody may not open: says so, and leads back to the console.
import { switchLanguage, translatePage } from "./i18n.js";

translatePage();
document.getElementById("language").addEventListener("click", switchLanguage);
