-- Several writes of one or several models, whole or not at all: all are checked before the first is done.
--
-- KEYS  of each model #schema, #ids, its unique keys and indexes, #expires and #entries as in keep.lua (nothing, of a model without
--       indexes); the records, the sequences, the holders
-- ARGV  1 the number of models   2 the number of writes   3 the number of arguments of the tail
--       of each model: epoch, unique indexes, others, "" or "1" or "2", the number of its first key, the plan, the number of
--       indexed fields, these; of each write: the number of its model, of its record's key, of its arguments; and these (check.lua);
--       then the tail: the number of holders, their ids and a dictionary, its texts and the ids behind the first key of their model
-- Answers an array: 0 and the words of the writes; or the number of a write that cannot be done, and what keep.lua would answer;
-- or 0, NEEDS, and of the writes that must know something their number and HELD or ENCODE as of keep.lua, nothing twice.

local KEYS, ARGV, call, pcall = KEYS, ARGV, redis.call, redis.pcall
local last_of_all, models, writes = #ARGV - ARGV[3], {}, {}
local batch = {freed = {}, claimed = {}}
local holders, dictionaries = {}, {}
do
    local next = last_of_all + 1
    local count = ARGV[next] + 0
    for i = 1, count do
        holders[ARGV[next + i]] = #KEYS - count + i
    end
    for i = next + 1 + count, #ARGV, 2 do
        local base, text = ARGV[i]:match('^(%d+):(.*)$')
        dictionaries[base + 0] = dictionaries[base + 0] or {}
        dictionaries[base + 0][text] = ARGV[i + 1]
    end
end

local here = 4
for number = 1, ARGV[1] + 0 do
    local m = {epoch = ARGV[here], nu = ARGV[here + 1] + 0, ni = ARGV[here + 2] + 0, x = ARGV[here + 3],
        base = ARGV[here + 4] + 0, plan = ARGV[here + 5]}
    here = here + 7
    m.fields = {unpack(ARGV, here, here + ARGV[here - 1] - 1)}
    here = here + #m.fields
    models[number] = m
    for key = m.base, m.base + (m.epoch == '' and -1 or m.nu + m.ni + (m.x == '' and 1 or 3)) do
        local wanted = (key == m.base or key > m.base + 1 and key <= m.base + 1 + m.nu or key == m.base + 3 + m.nu + m.ni)
            and 'hash' or 'zset'
        local kind = call('TYPE', KEYS[key]).ok
        if kind ~= wanted and kind ~= 'none' then
            return {1, 'KIND', KEYS[key]}
        end
    end
    if m.epoch ~= '' and call('HGET', KEYS[m.base], 'epoch') ~= m.epoch then
        return {1, 'EPOCH'}
    end
end

local function prepare(epoch, nu, ni, x, base, plan, fields, record, at, last)
    local holders, dictionary = plan ~= '' and holders or nil, dictionaries[base]
    -- include check.lua
    return nil, function()
        -- include apply.lua
    end
end

local needs, asked = {0, 'NEEDS'}, {}
local function ask(number, base, answer)
    local list = {answer[1]}
    for i = 2, answer[1] == 'HELD' and 2 or #answer do
        local what = answer[1] .. base .. ':' .. answer[i]
        if not asked[what] then
            asked[what] = true
            list[#list + 1] = answer[i]
        end
    end
    if list[2] then
        needs[#needs + 1] = number
        needs[#needs + 1] = list
    end
end

for number = 1, ARGV[2] + 0 do
    local m, at = models[ARGV[here] + 0], here + 3
    local record = KEYS[ARGV[here + 1] + 0]
    here = at + ARGV[here + 2]
    local answer, apply = prepare(m.epoch, m.nu, m.ni, m.x, m.base, m.plan, m.fields, record, at, here - 1)
    if type(answer) == 'table' and answer.err then
        return answer
    elseif type(answer) == 'table' and (answer[1] == 'HELD' or answer[1] == 'ENCODE') then
        ask(number, m.base, answer)
    elseif answer and not needs[3] then
        return {number, unpack(type(answer) == 'table' and answer or {answer})}
    end
    -- Behind a write that asks, no refusal is final: that one may set a value free.
    writes[number] = apply
end
if needs[3] then
    return needs
end
local answers = {0}
for number, apply in ipairs(writes) do
    answers[number + 1] = apply()
end
return answers
