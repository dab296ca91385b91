end)
-- Each final answer is remembered, refusals and errors too: or a first copy that arrives late could do what its repeat was refused.
-- What is only asked for is not final: the same write comes again with it, and with its token.
local word, more = answer, nil
if type(answer) == 'table' then
    word, more = answer[1], answer[2]
end
if word ~= 'EPOCH' and word ~= 'HELD' and word ~= 'ENCODE' and more ~= 'EPOCH' and more ~= 'NEEDS' then
    local said = answer
    if not fine then
        said = {err = type(answer) == 'table' and answer.err or answer}
    end
    -- A server that is full lets only a script go on that has written something: what it refuses is not remembered then.
    local kept = redis.pcall('SET', token, cmsgpack.pack(said), 'PX', life)
    if fine and kept.err and not kept.err:find('OOM', 1, true) then
        return kept
    end
end
if not fine then
    error(answer, 0)
end
return answer
