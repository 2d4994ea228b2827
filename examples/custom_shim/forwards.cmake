# Writes OUT: for every function pointer in TABLE (driver_table.hpp), in its order, an exported symbol
# that jumps through it.
file(STRINGS ${TABLE} members REGEX "= nullptr;$")
set(text "")
set(offset 0)
foreach(member IN LISTS members)
  string(REGEX MATCH "(cu[A-Za-z0-9_]+)\\)\\(" unused "${member}")
  set(symbol ${CMAKE_MATCH_1})
  string(APPEND text "\t.weak ${symbol}\n\t.type ${symbol}, @function\n${symbol}:\n"
                     "\tmovq shim_next@GOTPCREL(%rip), %r11\n\tjmp *${offset}(%r11)\n")
  math(EXPR offset "${offset} + 8")
endforeach()
file(WRITE ${OUT} "\t.text\n${text}\t.section .note.GNU-stack,\"\",@progbits\n")
