import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { NO_ANSWER, PATIENCE, RETRY, sender, silence } from "../../nblib/ui/views/messages.js";
import { model_of, page } from "./fakes.mjs";

let place, model, now;
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  now = 1000;
  mock.method(performance, "now", () => now);
  place = page();
  model = model_of({ seen: 0 });
});
const tick = (ms) => { now += ms; mock.timers.tick(ms); };

test("the first message goes at once, with the next number", () => {
  model.traits.seen = 7;
  sender(model, place).send("a", { type: "edit" });
  assert.deepEqual(model.sent, [{ type: "edit", number: 8 }]);
});
test("others wait for the answer, of one key only the last, keys in their order", () => {
  const messages = sender(model, place);
  messages.send("a", { type: "first" });
  messages.send("b", { type: "b", x: 1 });
  messages.send("c", { type: "c" });
  messages.send("b", { type: "b", x: 2 });
  assert.equal(model.sent.length, 1);
  assert.ok(messages.waits("b") && !messages.waits("a"));
  model.set("seen", 1);
  model.set("seen", 2);
  assert.deepEqual(model.sent.slice(1), [{ type: "c", number: 2 }, { type: "b", x: 2, number: 3 }]);
});
test("busy until the last answer", () => {
  const messages = sender(model, place);
  assert.ok(!messages.busy());
  messages.send("a", { type: "a" });
  assert.ok(messages.busy());
  model.set("seen", 1);
  assert.ok(!messages.busy());
});
test("a message may be made when its turn comes", () => {
  const messages = sender(model, place);
  let value = 1;
  messages.send("a", { type: "a" });
  messages.send("b", () => ({ type: "b", value }));
  value = 2;
  model.set("seen", 1);
  assert.equal(model.sent[1].value, 2);
});
test("answered is called before the next message goes", () => {
  const order = [], messages = sender(model, place, { answered: () => order.push(`answered ${model.sent.length}`) });
  messages.send("a", { type: "a" });
  messages.send("b", { type: "b" });
  model.set("seen", 1);
  assert.deepEqual(order, ["answered 1"]);
  assert.equal(model.sent.length, 2);
});
test("an answer that never comes does not hold up the next message for ever", () => {
  const messages = sender(model, place);
  messages.send("a", { type: "a" });
  messages.send("b", { type: "b" });
  tick(RETRY - 1);
  assert.equal(model.sent.length, 1);
  tick(1);
  assert.equal(model.sent.length, 2);
});
test("without an answer the page says so, after one time for all, and takes it back", () => {
  const messages = sender(model, place), [line] = place.children;
  messages.send("a", { type: "a" });
  tick(PATIENCE - 1);
  assert.equal(line.hidden, true);
  tick(1);
  assert.equal(line.hidden, false);
  assert.deepEqual(line.children, [NO_ANSWER]);
  model.set("seen", 1);
  assert.equal(line.hidden, true);
});
test("whoever goes on dragging hears of the silence all the same", () => {
  const messages = sender(model, place), [line] = place.children;
  for (let ms = 0; ms < PATIENCE; ms += 100) { messages.send("a", { type: "a", ms }); tick(100); }
  assert.equal(line.hidden, false);
});
test("listens before it sends, for sending to a restarted kernel raises", () => {
  model = model_of({ seen: 0 }, () => { throw new Error("the kernel is gone"); });
  const messages = sender(model, place), [line] = place.children;
  assert.throws(() => messages.send("a", { type: "a" }), /gone/);
  tick(PATIENCE);
  assert.equal(line.hidden, false);
});
test("another view of the same model may have asked since", () => {
  const messages = sender(model, place);
  model.set("seen", 5);
  messages.send("a", { type: "a" });
  assert.equal(model.sent[0].number, 6);
});
test("the trait of the answer may have another name, and nothing is heard once closed", () => {
  model = model_of({ heard: 3 });
  const messages = sender(model, place, { seen: "heard" });
  messages.send("a", { type: "a" });
  assert.equal(model.sent[0].number, 4);
  messages.close();
  assert.equal(model.listeners(), 0);
  tick(PATIENCE);
  assert.equal(place.children[0].hidden, true);
});
test("silence: listening twice counts from the first", () => {
  const quiet = silence(place);
  quiet.listen();
  tick(PATIENCE / 2);
  quiet.listen();
  tick(PATIENCE / 2);
  assert.equal(quiet.line.hidden, false);
});
