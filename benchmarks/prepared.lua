-- Sends requests that were prepared whole, five in a hundred of them twice.
-- Arguments after `--`: the file (see prepared.py), one that only intake.lua has a use for, and the
-- milliseconds each connection pauses before a request (0: none).

local requests, count, sent = {}, 0, 0

function init(args)
  local pause_ms = tonumber(args[3])
  if pause_ms > 0 then
    function delay()
      -- Spread, or all connections would send in one burst.
      return math.random(0, 2 * pause_ms)
    end
  end
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

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")
