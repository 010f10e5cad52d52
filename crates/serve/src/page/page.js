// Shows what openapi.json says and lets a person try it. Everything goes into the page as text.
const samples = {
  "post /v1/items": { use_case: "", items: [{ fields: { message: "Where is my order?" }, id: "A-1" }] },
  "post /v1/deliveries/ack": { ids: ["msg_…"] },
  "post /v1/chat/completions": { model: "", messages: [{ role: "user", content: "Where is my order?" }], gait: { wait: false } },
};

function el(name, props = {}, ...children) {
  const made = Object.assign(document.createElement(name), props);
  made.append(...children);
  return made;
}

async function show(response, into) {
  into.textContent = `${response.status} ${response.statusText}\n`;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) into.textContent += piece;
  const [head, ...body] = into.textContent.split("\n");
  try {
    into.textContent = `${head}\n${JSON.stringify(JSON.parse(body.join("\n")), null, 2)}`;
  } catch {
    // A stream, or no JSON: it stays as it came.
  }
}

async function ask(method, path, inputs, body, into) {
  const headers = { Authorization: `Bearer ${document.getElementById("token").value.trim()}` };
  const query = new URLSearchParams();
  for (const [p, input] of inputs) {
    if (!input.value) continue;
    if (p.in === "path") path = path.replace(`{${p.name}}`, encodeURIComponent(input.value));
    if (p.in === "query") query.set(p.name, input.value);
    if (p.in === "header") headers[p.name] = input.value;
  }
  if (body) headers["Content-Type"] = "application/json";
  const address = query.size ? `${path}?${query}` : path;
  try {
    await show(await fetch(address, { method: method.toUpperCase(), headers, body: body?.value }), into);
  } catch (e) {
    into.textContent = String(e);
  }
}

function route(path, method, about) {
  const inputs = about.parameters.map((p) => [p, el("input", { placeholder: p.description })]);
  const sample = JSON.stringify(samples[`${method} ${path}`] ?? {}, null, 2);
  const body = about.requestBody ? el("textarea", { value: sample, spellcheck: false }) : undefined;
  const answer = el("pre");
  const button = el("button", { type: "button", textContent: "Try it" });
  button.addEventListener("click", () => ask(method, path, inputs, body, answer));
  return el(
    "details",
    {},
    el("summary", {}, el("span", { className: "method", textContent: method }), el("code", { textContent: path }), ` ${about.summary}`),
    el("p", { className: "about", textContent: about.description }),
    ...inputs.map(([p, input]) => el("label", {}, `${p.name} (${p.in})`, input)),
    ...(body ? [el("label", {}, "Body", body)] : []),
    button,
    answer,
  );
}

const main = document.getElementById("routes");
try {
  const api = await (await fetch("/openapi.json")).json();
  main.replaceChildren(
    ...Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, about]) => route(path, method, about))),
  );
} catch (e) {
  main.textContent = `openapi.json could not be read: ${e}`;
}
