end)
-- Each final answer is remembered, refusals and errors too: or a first copy that arrives late could do what its repeat was refused.
-- What is only asked for is not final: the same write comes again with it, and with its token.
if not fine then
    local text = type(answer) == 'table' and answer.err or tostring(answer)
    answer = {err = text:find('^%u+ ') and text or 'ERR ' .. text}
end
local word, more = answer, nil
if type(answer) == 'table' then
    word, more = answer[1], answer[2]
end
if word ~= 'EPOCH' and word ~= 'HELD' and word ~= 'ENCODE' and more ~= 'EPOCH' and more ~= 'NEEDS' then
    -- A server that is full lets only a script go on that has written something: what it refuses is not remembered then.
    local kept = redis.pcall('SET', token, cmsgpack.pack(answer), 'PX', life)
    if fine and kept.err and not kept.err:find('OOM', 1, true) then
        return kept
    end
end
return answer
