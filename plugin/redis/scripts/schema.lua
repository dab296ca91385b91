-- Makes #schema of a model that has none, with a guard in every key. What still lies in these keys is of a #schema that is gone, and
-- goes too; but unique keys that hold their guard stay: their claims go on to be looked at, so that no value is given twice.
--
-- KEYS  1 #schema, 2 #ids, 3 #expires, 4 #entries, then the key of each index
-- ARGV  1 the format, then of each index "unique:<name>" or "index:<name>" and its definition; last whose records they are
-- Answers MADE, THERE (somebody else has made it), or KIND and the key that holds something else.

if redis.call('EXISTS', KEYS[1]) == 1 then
    return 'THERE'
end
local function is_hash(at)
    return at == 4 or at > 4 and ARGV[2 * at - 8]:sub(1, 1) == 'u'
end
for at = 2, #KEYS do
    local kind = redis.call('TYPE', KEYS[at]).ok
    if kind ~= 'none' and kind ~= (is_hash(at) and 'hash' or 'zset') then
        return {'KIND', KEYS[at]}
    end
end
for at = 2, #KEYS do
    if at <= 4 or not is_hash(at) or redis.call('HEXISTS', KEYS[at], '') == 0 then
        redis.call('UNLINK', KEYS[at])
    end
end
redis.call('ZADD', KEYS[2], 0, '')
-- No two epochs are alike, whatever became of the one before.
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'epoch', time[1] .. ('%06d'):format(time[2]), 'partitions', '1',
    'records', ARGV[#ARGV])
for at = 5, #KEYS do
    redis.call('HSET', KEYS[1], 'index:' .. ARGV[2 * at - 8]:match(':(.*)$'), ARGV[2 * at - 7])
    if is_hash(at) then
        redis.call('HSET', KEYS[at], '', '')
    else
        redis.call('ZADD', KEYS[at], 0, '')
    end
end
return 'MADE'
