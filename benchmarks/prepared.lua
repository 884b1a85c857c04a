-- Sends requests that were prepared whole, five in a hundred of them twice.
-- Arguments after `--`: the file (see prepared.py), and two that only intake.lua has a use for.

local requests, count, sent = {}, 0, 0

function init(args)
  for line in io.lines(args[1]) do
    local parts = {}
    for part in line:gmatch("[^\t]+") do
      parts[#parts + 1] = part
    end
    local path, body = parts[1], table.remove(parts)
    parts[1] = "POST " .. path .. " HTTP/1.1\r\nHost: bench"
    parts[#parts + 1] = "Content-Length: " .. #body
    count = count + 1
    requests[count] = table.concat(parts, "\r\n") .. "\r\n\r\n" .. body
  end
end

function request()
  sent = sent + 1
  local number = sent
  if sent % 20 == 0 then
    number = sent - 10
  end
  return requests[number % count + 1]
end

function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, '
      .. '"p999_ms": %.3f, "max_ms": %.3f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3,
    failed.status, failed.connect + failed.read + failed.write + failed.timeout))
end
