// What the scripts use of anywidget's model, and the shapes that several of them hand to each other.

/** A widget's model: traits by name, events, messages. `T` names the traits and their types. */
interface Model<T> {
  get<K extends keyof T>(name: K): T[K];
  set<K extends keyof T>(name: K, value: T[K]): void;
  save_changes(): void;
  send(content: object): void;
  on(event: string, call: (...values: any[]) => void): void;
  off(event: string, call: (...values: any[]) => void): void;
}

interface View<T> {
  model: Model<T>;
  el: HTMLElement;
}

type Pen = CanvasRenderingContext2D;
type Numbers = ArrayLike<number>;
/** Bytes of a trait; null before the first. */
type Bytes = DataView | null | undefined;
type Place = { left: number; top: number; width: number; height: number };
type Range2 = { x: [number, number]; y: [number, number] };

interface Theme {
  dark: boolean;
  ink: string;
  soft: string;
  line: string;
  back: string;
  accent: string;
  series: Record<string, string>;
}

type Paint = (pen: Pen, width: number, height: number, theme: Theme) => void;

interface Canvas {
  canvas: HTMLCanvasElement;
  /** Ask for a painting with the next frame. */
  again(): void;
  /** Paint at once. */
  now(): void;
  resize(height: number): void;
  close(): void;
}

interface Window {
  google?: { colab?: unknown };
  Jupyter?: { notebook?: unknown };
}
