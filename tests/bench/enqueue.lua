-- wrk: one job a request, counting what is not created.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = os.getenv("AUTHORIZATION")
wrk.body = '{"kind": "toy", "args": {"number": 1, "act": "succeed", "key": null}, "run_at": "2099-01-01T00:00:00Z"}'

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() refused = 0 end
function response(status) if status ~= 201 then refused = refused + 1 end end
function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("refused") end
  io.stderr:write(string.format("%.0f %.2f %.2f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, refused + summary.errors.timeout + summary.errors.read))
end
