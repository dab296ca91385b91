-- write.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include write.lua
-- include once_end.lua
