-- Sends signed bodies under delivery ids that never repeat, except for five in a hundred.
-- Arguments after `--`: the file of bodies (a line each: signature, space, body), a run's name,
-- and the milliseconds each connection pauses before a request (0: none).

local heads, bodies, count, sent, run = {}, {}, 0, 0, ""

function init(args)
  run = args[2]
  local pause_ms = tonumber(args[3])
  if pause_ms > 0 then
    function delay()
      -- Spread, or all connections would send in one burst.
      return math.random(0, 2 * pause_ms)
    end
  end
  for line in io.lines(args[1]) do
    local signature, body = line:match("^(%S+) (.*)$")
    count = count + 1
    heads[count] = "POST /webhooks/jira/site HTTP/1.1\r\nHost: bench\r\n"
      .. "User-Agent: Atlassian HttpClient\r\nAccept: */*\r\n"
      .. "Content-Type: application/json; charset=UTF-8\r\n"
      .. "X-Atlassian-Webhook-Flow: Primary\r\n"
      .. "X-Hub-Signature: sha256=" .. signature .. "\r\n"
      .. "Content-Length: " .. #body .. "\r\nX-Atlassian-Webhook-Identifier: " .. run .. "-"
    bodies[count] = body
  end
end

function request()
  sent = sent + 1
  local number = sent
  if sent % 20 == 0 then
    number = sent - 10
  end
  local place = number % count + 1
  return heads[place] .. number .. "\r\n\r\n" .. bodies[place]
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")
