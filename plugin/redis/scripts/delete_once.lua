-- delete.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include delete.lua
-- include once_end.lua
