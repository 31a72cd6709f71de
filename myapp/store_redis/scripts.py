"""What Redis does in one piece, in Lua.

A document is a hash under its own key: `version`, `doc` (compact JSON) and, while its journal
does not lead to `doc`, `last`: the document that it leads to. Its journal is a list,
"journal:<key>", of which `size` and `cut` tell the parts. A change is told on the channel of its
folder ("rooms/"). What is fleeting stays in Redis's memory (REPL_NONE): it costs its disk nothing,
and the next lasting change of the document, which holds all of it, carries it there.

What processes know of each other stands under "vroum": a hash with `secret`, `away`, `served` and
`mark` (which tells that Redis lost all); "vroum:lives", when each was last alive; "vroum:serving",
who serves; "vroum:leases", who holds which key; "vroum:alone", who keeps all others out. Who lives
also hears the channel "life:<name>": that line breaks when it dies.
"""

_TIME = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function text(seconds) return string.format('%.6f', seconds) end
"""

_LIFE = (
    _TIME
    + """
local LIFE = 10
local function alive(name)
    local beat = redis.call('ZSCORE', 'vroum:lives', name)
    if not beat or now - tonumber(beat) > LIFE then return false end
    return redis.call('PUBSUB', 'NUMSUB', 'life:' .. name)[2] > 0
end
local function others(me)
    local found = {}
    for _, name in ipairs(redis.call('ZRANGE', 'vroum:lives', 0, -1)) do
        if name ~= me and alive(name) then found[#found + 1] = name end
    end
    return found
end
local function remove(key)
    redis.call('HDEL', 'vroum:leases', key)
    if redis.call('DEL', key, 'journal:' .. key) > 0 then
        redis.call('PUBLISH', string.match(key, '^[^/]*/'), key)
        return true
    end
end
"""
)

# KEYS: the document, its journal. ARGV: the version it is made from ("" if there was none), the
# new version ("" deletes), the new document, until when it counts, the folder, what `last` is to
# be, whether it is fleeting, and for each line of the journal the document that it leads to ("":
# the new one) and the steps to it. Returns {0}; {1, version, doc, last} if another was quicker;
# {2, time} if it is late.
# A journal has an older and a newer part, each with a whole first line. When the newer one is full
# it becomes the older one, in the place of the one before. `cut` is how many lines the older part
# has, `size` how many bytes the newer one.
COMMIT = (
    _TIME
    + """
local FULL = 256 * 1024
if now > tonumber(ARGV[4]) then return {2, text(now)} end
local is = redis.call('HMGET', KEYS[1], 'version', 'doc', 'last')
if (is[1] or '') ~= ARGV[1] then return {1, is[1], is[2], is[3]} end
if ARGV[1] == ARGV[2] then return {0} end
if ARGV[7] == '1' and ARGV[2] ~= '' then redis.set_repl(redis.REPL_NONE) end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1], KEYS[2])
else
    redis.call('HSET', KEYS[1], 'version', ARGV[2], 'doc', ARGV[3])
    local lines = redis.call('LLEN', KEYS[2])
    local parts = redis.call('HMGET', KEYS[1], 'size', 'cut')
    local size, cut = tonumber(parts[1] or 0), tonumber(parts[2] or 0)
    if #ARGV == 7 and lines > 0 then redis.call('HSETNX', KEYS[1], 'last', is[2]) end
    if #ARGV > 7 then redis.call('HDEL', KEYS[1], 'last') end
    if #ARGV > 7 and ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'last', ARGV[6]) end
    for n = 8, #ARGV, 2 do
        if size > FULL then
            redis.call('LTRIM', KEYS[2], cut, -1)
            cut, size = redis.call('LLEN', KEYS[2]), 0
        end
        local line = '{"changed":' .. ARGV[n + 1] .. '}'
        if size == 0 then line = '{"whole":' .. (ARGV[n] ~= '' and ARGV[n] or ARGV[3]) .. '}' end
        redis.call('RPUSH', KEYS[2], line)
        size = size + #line
    end
    if #ARGV > 7 then redis.call('HSET', KEYS[1], 'size', size, 'cut', cut) end
end
redis.call('PUBLISH', ARGV[5], KEYS[1])
return {0}
"""
)

# KEYS: the document, its journal.
CUT = """
local doc = redis.call('HGET', KEYS[1], 'doc')
if doc and redis.call('DEL', KEYS[2]) > 0 then
    local line = '{"whole":' .. doc .. '}'
    redis.call('RPUSH', KEYS[2], line)
    redis.call('HDEL', KEYS[1], 'last')
    redis.call('HSET', KEYS[1], 'size', #line, 'cut', 0)
end
"""

# KEYS: the document, its journal. ARGV: the version, the document, the folder, the lines.
PUT = """
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'doc', ARGV[2])
local size = 0
for n = 4, #ARGV do
    redis.call('RPUSH', KEYS[2], ARGV[n])
    size = size + #ARGV[n]
end
if size > 0 then redis.call('HSET', KEYS[1], 'size', size, 'cut', 0) end
redis.call('PUBLISH', ARGV[3], KEYS[1])
"""

# ARGV: my name, whether I serve, a new mark. Returns {0} while another keeps me out, or else
# {1, time, away, the mark of these data}.
ENTER = (
    _LIFE
    + """
local me, serves = ARGV[1], ARGV[2] == '1'
local holder = redis.call('GET', 'vroum:alone')
if holder and holder ~= me and alive(holder) then return {0} end
local away = tonumber(redis.call('HGET', 'vroum', 'away') or 0)
if serves then
    local served = tonumber(redis.call('HGET', 'vroum', 'served') or now)
    local serving = redis.call('HGETALL', 'vroum:serving')
    local nobody = true
    for n = 1, #serving, 2 do
        if serving[n] ~= me and alive(serving[n]) then nobody = false
        else redis.call('HDEL', 'vroum:serving', serving[n]) end
    end
    if nobody and now > served then away = away + now - served end
    redis.call('HSET', 'vroum', 'away', string.format('%.3f', away), 'served', text(now))
    redis.call('HSET', 'vroum:serving', me, 1)
end
redis.call('ZADD', 'vroum:lives', now, me)
redis.call('HSETNX', 'vroum', 'mark', ARGV[3])
return {1, text(now), text(away), redis.call('HGET', 'vroum', 'mark')}
"""
)

# ARGV: my name, whether I served since the last beat, my `away`, my secret, whether to clear up
# after the dead, a new mark, and then what I hold. Returns {time, away, mark, what I lost...}.
BEAT = (
    _LIFE
    + """
local me = ARGV[1]
redis.call('HSETNX', 'vroum', 'away', ARGV[3])
redis.call('HSETNX', 'vroum', 'mark', ARGV[6])
if ARGV[4] ~= '' then redis.call('HSETNX', 'vroum', 'secret', ARGV[4]) end
-- The rest is no news for Redis's disk, but for a word every ten seconds.
if math.floor(now) % 10 ~= 0 then redis.set_repl(redis.REPL_NONE) end
redis.call('ZADD', 'vroum:lives', now, me)
redis.call('PUBLISH', 'life:' .. me, 'beat')
if ARGV[2] == '1' then
    redis.call('HSET', 'vroum', 'served', text(now))
    redis.call('HSET', 'vroum:serving', me, 1)
end
if redis.call('GET', 'vroum:alone') == me then redis.call('PEXPIRE', 'vroum:alone', LIFE * 1000) end
local said = {text(now), redis.call('HGET', 'vroum', 'away'), redis.call('HGET', 'vroum', 'mark')}
for n = 7, #ARGV do
    local key, holder = ARGV[n], redis.call('HGET', 'vroum:leases', ARGV[n])
    if holder ~= me and not (holder and alive(holder)) then
        redis.call('HSET', 'vroum:leases', key, me)
        said[#said + 1] = key
    end
end
if ARGV[5] == '1' then
    local leases = redis.call('HGETALL', 'vroum:leases')
    for n = 1, #leases, 2 do
        if leases[n + 1] ~= me and not alive(leases[n + 1]) then remove(leases[n]) end
    end
    redis.call('ZREMRANGEBYSCORE', 'vroum:lives', '-inf', '(' .. text(now - 6 * LIFE))
end
return said
"""
)

# ARGV: my name, a key. Returns whether it is mine now.
LEASE = (
    _LIFE
    + """
local holder = redis.call('HGET', 'vroum:leases', ARGV[2])
if holder and holder ~= ARGV[1] and alive(holder) then return 0 end
redis.call('HSET', 'vroum:leases', ARGV[2], ARGV[1])
return 1
"""
)

# ARGV: keys. Deletes those that nobody alive holds, and returns them.
REAP = (
    _LIFE
    + """
local reaped = {}
for _, key in ipairs(ARGV) do
    local holder = redis.call('HGET', 'vroum:leases', key)
    if not (holder and alive(holder)) and remove(key) then reaped[#reaped + 1] = key end
end
return reaped
"""
)

# ARGV: my name. Keeps all others out, or returns who is in.
SHUT = (
    _LIFE
    + """
local found = others(ARGV[1])
local holder = redis.call('GET', 'vroum:alone')
if holder and holder ~= ARGV[1] and alive(holder) then found[#found + 1] = holder end
if #found == 0 then redis.call('SET', 'vroum:alone', ARGV[1], 'PX', LIFE * 1000) end
return found
"""
)

# ARGV: my name, and what I hold.
LEAVE = """
redis.call('ZREM', 'vroum:lives', ARGV[1])
redis.call('HDEL', 'vroum:serving', ARGV[1])
for n = 2, #ARGV do redis.call('HDEL', 'vroum:leases', ARGV[n]) end
if redis.call('GET', 'vroum:alone') == ARGV[1] then redis.call('DEL', 'vroum:alone') end
"""

# KEYS: a bucket. ARGV: rate, burst. Takes one; returns how long to wait if there is none.
TAKE = (
    _TIME
    + """
redis.set_repl(redis.REPL_NONE)
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local is = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = tonumber(is[1] or burst) + math.max(0, now - tonumber(is[2] or now)) * rate
left = math.min(burst, left)
if left < 1 then return text((1 - left) / rate) end
redis.call('HSET', KEYS[1], 'left', text(left - 1), 'at', text(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * (burst - left + 1) / rate))
return '0'
"""
)
