-- Updates, replaces or upserts one record, or creates one whose id raises the model's sequence.
--
-- KEYS  1 the record   2 the model's sequence, only where an id (an integer) that the caller set may raise it
-- ARGV  1 "must": the record must be there; "may": it is created where it is not; "new": it must not be there
--       2, 3 a field and its value, stored where no other field would be left: a hash without fields does not exist
--       4, 5 ms until it expires: of a record that is created, of one that was there; "": left as it is
--       6 the id that raises the sequence, or ""
--       7 the number of fields that it must still hold as expected, or "-": whatever it holds
--       8 the number of fields to remove, or "-": all but those that are set
--       9 the number of fields that only a creation sets
--       then the expected fields, each with "=" and its text, or "" where it must be absent; then the fields to remove;
--       then those of a creation, each with its value; then those that are set, each with its value
-- Answers CREATED, DONE, TAKEN, MISSING, CHANGED (not as expected), KIND (the key holds something else than a hash),
-- SEQUENCE (the other key is no counter).

local record, keep = KEYS[1], ARGV[2]
local kind = redis.call('TYPE', record).ok
local expected, removed, defaults = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

if kind == 'none' then
    if ARGV[1] == 'must' then
        return 'MISSING'
    elseif expected then
        return 'CHANGED'
    end
elseif kind ~= 'hash' then
    return 'KIND'
elseif ARGV[1] == 'new' then
    return 'TAKEN'
end

local at = 10
for i = at, at + (expected or 0) * 2 - 1, 2 do
    local held = redis.call('HGET', record, ARGV[i])
    if (held and '=' .. held or '') ~= ARGV[i + 1] then
        return 'CHANGED'
    end
end
at = at + (expected or 0) * 2

-- 64-bit integers never become Lua numbers: as texts without a sign the longer one is the larger.
local raise = false
if ARGV[6] ~= '' then
    local counter = redis.call('TYPE', KEYS[2]).ok
    if counter ~= 'none' and counter ~= 'string' then
        return 'SEQUENCE'
    end
    local held = redis.call('GET', KEYS[2]) or '0'
    if not held:find('^%-?%d+$') then
        return 'SEQUENCE'
    end
    raise = held:sub(1, 1) == '-' or #held < #ARGV[6] or (#held == #ARGV[6] and held < ARGV[6])
end

-- Everything was checked: from here on it writes. unpack fails at about 8,000 values.
local function each(command, list, first, last)
    for i = first, last, 7000 do
        redis.call(command, record, unpack(list, i, math.min(i + 6999, last)))
    end
end

local removals = at
at = at + (removed or 0)
local sets = at + defaults * 2
each('HSET', ARGV, kind == 'none' and at or sets, #ARGV)

if kind == 'none' then
    if redis.call('EXISTS', record) == 0 then
        redis.call('HSET', record, keep, ARGV[3])
    end
else
    local list, count = ARGV, removed
    if not removed then
        local stays = {[keep] = true}
        for i = sets, #ARGV, 2 do
            stays[ARGV[i]] = true
        end
        list, count, removals = {}, 0, 1
        for _, field in ipairs(redis.call('HKEYS', record)) do
            if not stays[field] then
                count = count + 1
                list[count] = field
            end
        end
    end
    -- Were the last field removed, the record and its expiry would be gone before `keep` could be stored.
    local kept = count > 0 and sets > #ARGV and redis.call('HLEN', record) <= count
        and redis.call('HSETNX', record, keep, ARGV[3]) == 1
    each('HDEL', list, removals, removals + count - 1)
    if kept and redis.call('HLEN', record) > 1 then
        redis.call('HDEL', record, keep)
    end
end

local expiry = kind == 'none' and ARGV[4] or ARGV[5]
if expiry ~= '' then
    redis.call('PEXPIRE', record, expiry)
end
if raise then
    redis.call('SET', KEYS[2], ARGV[6])
end
return kind == 'none' and 'CREATED' or 'DONE'
