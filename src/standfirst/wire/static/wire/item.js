// An item on a page of its own: embargoes count down.
import { countDown } from "./shared.js";

countDown();
setInterval(countDown, 1000);
