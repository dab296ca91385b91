-- The entries of one record, as it was read: what is missing is put, or only told. Its entries under other values are found by a
-- walk over the indexes (migrate_entry.lua).
--
-- KEYS  1 #schema, 2 #ids, 3 #expires, 4 #entries, then the keys of the indexes, unique ones first; the record; records that hold
--       one of its unique values
-- ARGV  1 the token, "" where nothing is changed   2 the number of unique indexes   3 of the others   4 the id   5 its bytes in
--       #ids   6 the number of indexed fields; their names; their texts, each behind "=", "" where there is none
--       the entries of the indexes, "": none
--       of each holder: the number of the index, its id, "held" or "free" (by what its fields say), the texts of its fields
-- Answers OVER, GONE, CHANGED; or an array: HELD, the number of an index, and the id of the holder that must be known;
--       or what was missing: "1" to the number of the last index, "ids", "expires", and "=1" where the holder's fields hold
--       the same value too.

local schema, nu, ni, id, fields = KEYS[1], ARGV[2] + 0, ARGV[3] + 0, ARGV[4], ARGV[6] + 0
local keeps, record, entries = ARGV[1] ~= '', KEYS[5 + nu + ni], 6 + 2 * fields
if keeps and redis.call('HGET', schema, 'migrate') ~= ARGV[1] then
    return 'OVER'
end

-- Whether a record's fields are still those behind ARGV[at]; nil: it is no hash, or not there.
local function is_same(key, at)
    local held, some = redis.pcall('HMGET', key, unpack(ARGV, 7, 6 + fields)), false
    if held.err then
        return nil
    end
    for i = 1, fields do
        if (held[i] and '=' .. held[i] or '') ~= ARGV[at + i] then
            return false
        end
        some = some or held[i]
    end
    return some and true or redis.call('EXISTS', key) == 1 or nil
end

local same = is_same(record, 6 + fields)
if not same then
    return same == nil and redis.call('TYPE', record).ok ~= 'hash' and 'GONE' or 'CHANGED'
end

local holders, at = {}, entries + nu + ni
for i = 6 + nu + ni, #KEYS do
    local number, verdict = ARGV[at + 1] + 0, ARGV[at + 3]
    local holds = is_same(KEYS[i], at + 3)
    if holds == false or holds == nil and verdict == 'held' then
        return 'CHANGED'
    end
    holders[number] = {ARGV[at + 2], verdict}
    at = at + 3 + fields
end

local claims = {}
for i = 1, nu do
    local value = ARGV[entries + i]
    local holder = value ~= '' and redis.call('HGET', KEYS[4 + i], value) or id
    if holder ~= id and not (holders[i] and holders[i][1] == holder) then
        return {'HELD', i, holder}
    end
    claims[i] = holder ~= id and holders[i][2] or value ~= '' and redis.call('HEXISTS', KEYS[4 + i], value) == 0 and 'free'
end

local missing = {}
if not redis.call('ZSCORE', KEYS[2], ARGV[5]) then
    missing[#missing + 1] = 'ids'
    if keeps then
        redis.call('ZADD', KEYS[2], 0, ARGV[5])
    end
end
for i = 1, nu do
    if claims[i] then
        missing[#missing + 1] = (claims[i] == 'held' and '=' or '') .. i
    end
    if claims[i] == 'free' and keeps then
        redis.call('HSET', KEYS[4 + i], ARGV[entries + i], id)
    end
end
for i = nu + 1, nu + ni do
    if not redis.call('ZSCORE', KEYS[4 + i], ARGV[entries + i]) then
        missing[#missing + 1] = tostring(i)
        if keeps then
            redis.call('ZADD', KEYS[4 + i], 0, ARGV[entries + i])
        end
    end
end

-- What is to be swept once the record has expired.
local left = redis.call('PTTL', record)
if left >= 0 then
    local stem, list, known = #schema - 5, {}, redis.call('HGET', KEYS[4], id)
    if known then
        local fine, unpacked = pcall(cmsgpack.unpack, known)
        known = fine and type(unpacked) == 'table' and unpacked
    end
    local time = redis.call('TIME')
    local score, wanted = redis.call('ZSCORE', KEYS[3], id), time[1] * 1000 + math.floor(time[2] / 1000) + left
    local good = known and score and math.abs(score - wanted) < 1000
    for i = 1, nu + ni do
        local name, entry = KEYS[4 + i]:sub(stem), ARGV[entries + i] ~= '' and ARGV[entries + i] or nil
        list[name] = entry
        good = good and known[name] == entry
    end
    if not good then
        missing[#missing + 1] = 'expires'
        if keeps then
            redis.call('HSET', KEYS[4], id, cmsgpack.pack(list))
            redis.call('ZADD', KEYS[3], ('%.0f'):format(wanted), id)
            if redis.call('HSETNX', schema, 'expiring', '1') == 1 then
                redis.call('HINCRBY', schema, 'epoch', 1)
                redis.call('HSETNX', KEYS[4], '', 'b')
            end
        end
    end
end
return missing
