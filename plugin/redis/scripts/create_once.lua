-- create.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include create.lua
-- include once_end.lua
