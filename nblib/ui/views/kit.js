// The kit under the names that the chart of live curves still uses.
import { floats } from "./bytes.js";
import { canvas, theme_of } from "./canvas.js";
import { curves } from "./curves.js";
import { changes, element } from "./dom.js";
import { number } from "./numbers.js";

export const nb_canvas = canvas;
export const nb_changes = changes;
export const nb_curves = curves;
export const nb_element = element;
export const nb_floats = floats;
export const nb_number = number;
export const nb_theme = theme_of;
