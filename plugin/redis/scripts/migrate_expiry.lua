-- One id of #expires or #entries: it goes where its record does not expire, or is gone before its time. Where the time has come
-- the next writes sweep it.
--
-- KEYS  1 #schema, 2 #expires, 3 #entries, 4 the record
-- ARGV  1 the token, "" where nothing is changed   2 the id   3 "1" on the walk over #entries, for what #expires does not have
-- Answers OVER, RIGHT, or STALE.

if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'migrate') ~= ARGV[1] then
    return 'OVER'
end
local left, score = redis.call('PTTL', KEYS[4]), redis.call('ZSCORE', KEYS[2], ARGV[2])
local time = redis.call('TIME')
if ARGV[3] ~= '' and score or left >= 0 or left == -2 and score and score + 0 < time[1] * 1000 + time[2] / 1000 + 1000 then
    return 'RIGHT'
end
if not score and redis.call('HEXISTS', KEYS[3], ARGV[2]) == 0 then
    return 'RIGHT'
end
if ARGV[1] ~= '' then
    redis.call('ZREM', KEYS[2], ARGV[2])
    redis.call('HDEL', KEYS[3], ARGV[2])
end
return 'STALE'
