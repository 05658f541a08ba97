// One program with everything this version enforces, in declarations that may stand in any order.

export const RICH_FILES = {
  "lib/secrets.ward": `ward 1

/// Never shown, wherever it comes from.
rule aws-keys on text {
  match /\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b/
  then redact "[key removed]"
}

rule not-imported on text {
  match /x/
  then note
}

provider elsewhere { kind = anthropic  key = env(NOT_NEEDED) }
`,
};

export const RICH_HEAD = `ward 1
use "./lib/secrets.ward" { aws-keys }
`;

export const RICH_DECLARATIONS: readonly string[] = [
  `/// What a request may be asked about.
facts {
  caller.tier: enum(team, free) from key
  request.tags: set(pii, billing) from header "X-Wardwright-Tags"
}`,
  `facts { caller.beta: bool from trusted header "X-Beta" }`,
  `provider ollama {
  kind = ollama
  base = env(OLLAMA_URL, "http://127.0.0.1:11434/v1")
  zone = private
}`,
  `provider openai {
  kind = openai
  key = env(OPENAI_API_KEY)
  zone = cloud
  region = us
  headers = { "X-Team" = "platform" }
  timeout = { connect = 2s  first_token = 30s }
  breaker = { failures = 5 }
  limit = { concurrency = 64 }
}`,
  `provider scripted was robot { kind = mock  zone = private }`,
  `target qwen = ollama "qwen3-coder:30b" {
  context = 32Ki
  output = 8Ki
  can = [tools, json]
  price = free
  params = { temperature = 0.2  stop = ["a", "b"]  extra = { deep = true  none = null  most = 4k } }
}`,
  `target gpt = openai "gpt-5.2" {
  context = 400k
  output = 128k
  can = [vision, tools, json_schema]
  price = $2/$14
}`,
  `target robot = scripted "robot-1" {
  context = 8Ki
  continues = prefix
  replies = [["Hello, ", { wait = 5ms }, "world"], [{ reasoning = "hm" }, { tool = "look" }, { fails = 429  retry_after = 1s }], [{ hangs = true }], [{ cuts = true }]]
}`,
  `/// By size.
dispatcher by-size { smallest of qwen, gpt, qwen }`,
  `cascade steady {
  resume = continue
  try gpt { timeout = 60s  retry = 1  on = [timeout, rate_limit] }
  try qwen
}`,
  `alloy duo {
  blend gpt * 4, qwen * 2, steady * 6
  pick = weighted
  sticky = session
  partial_context = true
}`,
  `alloy turns { blend gpt, qwen  pick = alternate }`,
  `/// By request.
dispatcher coder {
  when request.needs has vision or not absent(caller.run) -> steady
  when request.tokens <= 20Ki and caller.tier != team -> qwen
  when request.turn > 2 -> turns
  when caller.beta -> plain
  when caller.tenant in ["acme", "umbrella"] -> refuse "not for you"
  otherwise -> by-size
}`,
  `dispatcher inner { when request.stream == false -> duo  otherwise -> robot }`,
  `guard pii-local { when request.tags has pii then only zone private }`,
  `guard not-there { then never provider openai, scripted }`,
  `rule no-old-client was deprecated-client on text {
  when not request.stream
  match /OldClient\\s{0,8}\\(/si
  then retry { limit = 2  remind = "OldClient is gone. Use NewClient." }
  exhausted escalate steady { limit = 2 }
}`,
  `rule thoughts on reasoning {
  match any ["I will cheat", "hidden"]
  hold = line
  then block "no"
}`,
  `rule trial on text {
  match /maybe/
  mode = shadow
  within = 100
  then retry { resume = restart } exhausted note
}`,
  `rule watched on text { match /look/  hold = none  then note }`,
  `/// What clients ask for.
model coding-balanced {
  route = coder
  guards = [pii-local, not-there]
  rules = [aws-keys, no-old-client, trial, thoughts, watched]
  reserve = 1k
  limits = { cost = $5.00  wall = 2m }
  aliases = ["acme/coder"]
  receipts = { capture = full  keep = 30d }
}`,
  `model plain { route = inner  rules = [no-old-client, aws-keys] }`,
  `model outer { route = plain  rules = [aws-keys, no-old-client] }`,
];

export const RICH = `${RICH_HEAD}\n${RICH_DECLARATIONS.join("\n\n")}\n`;
