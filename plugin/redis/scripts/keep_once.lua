-- keep.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include keep.lua
-- include once_end.lua
