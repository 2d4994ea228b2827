find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME schema COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/schema_test.py)
set_tests_properties(schema PROPERTIES ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")
