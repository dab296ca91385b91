-- One entry of an index, and the record that it names, as that was read: what does not belong there is removed, or only told.
--
-- KEYS  1 #schema, 2 the index, 3 #entries, 4 the record
-- ARGV  1 the token, "" where nothing is changed   2 "" of a sorted set, "unique" of a unique key   3 the entry   4 the id
--       5 "right" where a record that holds these texts has this entry, "wrong"   6 the number of indexed fields; their names;
--       their texts, each behind "=", "" where there is none
-- Answers OVER, CHANGED, RIGHT, or STALE.

local fields, is_unique, id = ARGV[6] + 0, ARGV[2] ~= '', ARGV[4]
if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'migrate') ~= ARGV[1] then
    return 'OVER'
end
local held, some = redis.pcall('HMGET', KEYS[4], unpack(ARGV, 7, 6 + fields)), false
for i = 1, held.err and 0 or fields do
    if (held[i] and '=' .. held[i] or '') ~= ARGV[6 + fields + i] then
        return 'CHANGED'
    end
    some = some or held[i]
end
local there = not held.err and (some or redis.call('EXISTS', KEYS[4]) == 1)
-- What has expired is swept by the next writes, and told by nobody.
if there and ARGV[5] == 'right' or not there and ARGV[1] == '' and redis.call('HEXISTS', KEYS[3], id) == 1 then
    return 'RIGHT'
end
if is_unique and redis.call('HGET', KEYS[2], ARGV[3]) ~= id or not is_unique and not redis.call('ZSCORE', KEYS[2], ARGV[3]) then
    return 'RIGHT'
end
if ARGV[1] ~= '' then
    redis.call(is_unique and 'HDEL' or 'ZREM', KEYS[2], ARGV[3])
end
return 'STALE'
