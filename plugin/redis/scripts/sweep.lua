-- Removes what records that have expired left in the indexes, a few at a time, and says which are due next.
--
-- KEYS  1 #schema, 2 #ids, then the unique keys and the sorted sets of the indexes, #expires, #entries; then records that may be gone
-- ARGV  1 the epoch of #schema   2, 3 the number of unique and of other indexes   4 how many ids to answer
--       then of each record its id and its bytes in #ids
-- Answers EPOCH, or an array of ids.

if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
    return 'EPOCH'
end
local nu, ni, stem = ARGV[2] + 0, ARGV[3] + 0, #KEYS[1] - 5
local expires, entries = KEYS[3 + nu + ni], KEYS[4 + nu + ni]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for i = 5, #ARGV, 2 do
    local id, record = ARGV[i], KEYS[5 + nu + ni + (i - 5) / 2]
    local left = redis.call('PTTL', record)
    if left >= 0 then
        redis.call('ZADD', expires, 'XX', ('%.0f'):format(now + left), id)
    else
        local fine, list = pcall(cmsgpack.unpack, redis.call('HGET', entries, id) or '')
        for k = 1, left == -2 and fine and type(list) == 'table' and nu + ni or 0 do
            local key, entry = KEYS[2 + k], list[KEYS[2 + k]:sub(stem)]
            if type(entry) == 'string' and k > nu then
                redis.pcall('ZREM', key, entry)
            elseif type(entry) == 'string' and redis.pcall('HGET', key, entry) == id then
                redis.call('HDEL', key, entry)
            end
        end
        if left == -2 then
            redis.pcall('ZREM', KEYS[2], ARGV[i + 1])
        end
        redis.call('HDEL', entries, id)
        redis.call('ZREM', expires, id)
    end
end
return redis.call('ZRANGEBYSCORE', expires, '-inf', ('%.0f'):format(now), 'LIMIT', 0, ARGV[4])
