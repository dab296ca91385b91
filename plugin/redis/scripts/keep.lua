-- One write of a record of a model that has indexes or a version: the hash, its index entries and its unique entries change
-- together, or nothing does. docs/REDIS-STORAGE.md has the table.
--
-- KEYS  1 the record; 2 #schema, 3 #ids, then the unique keys and the sorted sets of the indexes, and #expires and #entries
--       where records expire (none of these for a model without indexes); the sequence, where the id raises it; holders
-- ARGV  1 the epoch of #schema, "" for a model without indexes   2, 3 the number of unique and of other indexes
--       4 "", or "<expiry> <tail>": whether records expire ("", "1" where this write begins it, "2"), and the length of the tail
--       then the write (check.lua), then the tail: the number of indexed fields, these, the plan, the number of holders, their
--       ids, the number of values that are watched, of each its index and who held it, and a dictionary (letter and text, part)
-- Answers CREATED, DONE, the sum of an increment, TAKEN, MISSING, CHANGED, OLDER, KIND, SEQUENCE, EPOCH, OTHER (the field or the
-- sum is no integer as HINCRBY reads one), or an array: UNIQUE or LOST and the number of the index, HELD and the holder, ENCODE
-- and letters with texts, KIND and the key.

local KEYS, ARGV, call, pcall = KEYS, ARGV, redis.call, redis.pcall
local epoch, nu, ni, x, base, at = ARGV[1], ARGV[2] + 0, ARGV[3] + 0, '', 2, 5
local record, last, tail, batch, plan, fields, holders, watched, dictionary = KEYS[1], #ARGV, '0'

if epoch ~= '' then
    local held = pcall('HGET', KEYS[2], 'epoch')
    if held ~= epoch then
        if type(held) ~= 'table' then
            return 'EPOCH'
        end
        return held.err:find('WRONGTYPE', 1, true) and {'KIND', KEYS[2]} or held
    end
end
if ARGV[4] ~= '' then
    x, tail = ARGV[4]:match('^(%d?) (%d+)$')
    last = last - tail
end
if tail ~= '0' then
    local next = last + 1
    fields = {unpack(ARGV, next + 1, next + ARGV[next])}
    next = next + ARGV[next] + 1
    plan, holders, watched, dictionary = ARGV[next], {}, {}, {}
    local count = ARGV[next + 1] + 0
    for i = 1, count do
        holders[ARGV[next + 1 + i]] = #KEYS - count + i
    end
    next = next + 2 + count
    local pairs_end = next + 2 * ARGV[next]
    for i = next + 1, pairs_end, 2 do
        watched[ARGV[i] + 0] = ARGV[i + 1]
    end
    for i = pairs_end + 1, #ARGV, 2 do
        dictionary[ARGV[i]] = ARGV[i + 1]
    end
end

-- include check.lua
-- A later write of the same batch was done to these holders before this write is made again: a claim that went with it was theirs
-- when it was this write's turn.
if watched then
    for i, holder in pairs(watched) do
        local value = not there and ARGV[members + i] or touched and now[i] or ''
        if i > 0 and value ~= '' and not (there and was[i] == value) and call('HGET', KEYS[base + 1 + i], value) ~= holder then
            return {'UNIQUE', i}
        end
    end
end
-- include apply.lua
