// The nodes of a beam search's tree, those that are in sight, and where they stand: rows and depths, no pixels.

/**
 * @typedef {{ id: number, parent: number, symbol: string, total: number, fate: string, rank: number, score: number,
 *   children: Node[], depth: number, row: number }} Node `total`: log P of the path; `fate`: "kept", "ended" or "dropped"
 * @typedef {[parent: number, symbol: string, total: number, fate: string, rank: number, score: number]} Row
 * @typedef {(node: Node) => boolean} IsOpen whether what was dropped behind a node is shown
 */

/** @param {Row[]} rows a parent stands before its children @returns {Node[]} */
export function nodes_of(rows) {
  /** @type {Node[]} */
  const nodes = rows.map(([parent, symbol, total, fate, rank, score], id) => ({ id, parent, symbol, total, fate, rank, score, children: [], depth: 0, row: 0 }));
  for (const node of nodes) {
    if (node.parent < 0) continue;
    nodes[node.parent].children.push(node);
    node.depth = nodes[node.parent].depth + 1;
  }
  return nodes;
}

/** @param {Node} node @param {IsOpen} open */
export function visible(node, open) {
  return open(node) ? node.children : node.children.filter((c) => c.fate !== "dropped");
}

/** @param {Node} node @param {IsOpen} open */
export function hidden(node, open) {
  return open(node) ? [] : node.children.filter((c) => c.fate === "dropped");
}

/**
 * A branch takes as many rows as it has leaves; a node stands at the height of its first child.
 * @param {Node[]} nodes
 * @param {IsOpen} open
 * @returns {{ shown: Node[], rows: number, depth: number }}
 */
export function laid_out(nodes, open) {
  /** @type {Node[]} */
  const shown = [];
  let rows = 0;
  /** @param {Node} node */
  function put(node) {
    const children = visible(node, open);
    shown.push(node);
    if (!children.length) { node.row = rows; rows += 1; return; }
    for (const child of children) put(child);
    node.row = children[0].row;
  }
  if (nodes.length) put(nodes[0]);
  return { shown, rows, depth: shown.reduce((most, n) => Math.max(most, n.depth), 0) };
}

/** A node and all above it. @param {Node[]} nodes @param {Node | null} node */
export function ancestors(nodes, node) {
  const path = [];
  for (let n = node; n; n = nodes[n.parent] ?? null) path.push(n);
  return path;
}

/** The symbols from the beginning to a node. @param {Node[]} nodes @param {Node} node */
export function path_to(nodes, node) {
  return ancestors(nodes, node).filter((n) => n.parent >= 0).map((n) => n.symbol).reverse();
}

/** The probability of a symbol after what stands before it. @param {Node[]} nodes @param {Node} node */
export function share_of(nodes, node) {
  return node.parent < 0 ? 1 : Math.exp(node.total - nodes[node.parent].total);
}

/**
 * Where a key leads: to the parent, to the first child, to the next above or below in the same column.
 * @param {Node[]} nodes
 * @param {Node[]} shown
 * @param {Node} at
 * @param {string} key
 * @param {IsOpen} open
 */
export function walked(nodes, shown, at, key, open) {
  if (key === "Home") return nodes[0];
  if (key === "ArrowLeft") return nodes[at.parent] ?? at;
  if (key === "ArrowRight") return visible(at, open)[0] ?? at;
  if (key !== "ArrowUp" && key !== "ArrowDown") return at;
  const peers = shown.filter((n) => n.depth === at.depth).sort((a, b) => a.row - b.row);
  return peers[Math.max(0, Math.min(peers.length - 1, peers.indexOf(at) + (key === "ArrowDown" ? 1 : -1)))];
}
