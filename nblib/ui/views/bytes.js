// Bytes from Python (a DataView) as numbers.

/** @param {Bytes} view @returns {ArrayBuffer} a copy that begins at an address any kind of number may begin at */
function copied(view) {
  if (!view || !view.byteLength) return new ArrayBuffer(0);
  return /** @type {ArrayBuffer} */ (view.buffer).slice(view.byteOffset, view.byteOffset + view.byteLength);
}

/** @param {Bytes} view */
export function floats(view) {
  return new Float32Array(copied(view));
}

/** @param {Bytes} view */
export function doubles(view) {
  return new Float64Array(copied(view));
}

/** @param {Bytes} view */
export function signed_bytes(view) {
  return new Int8Array(copied(view));
}

/** Not copied: the bytes as they came. @param {Bytes} view @param {number} [start] @param {number} [count] */
export function bytes_of(view, start = 0, count = (view?.byteLength ?? 0) - start) {
  if (!view || view.byteLength < start + count) return new Uint8Array(0);
  return new Uint8Array(view.buffer, view.byteOffset + start, count);
}
