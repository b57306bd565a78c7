# Turns each text in templates/ into a string constant of the binary.
#
# When included, it defines fhctl_embed_templates(TARGET), which generates the constants at build time. Run as a script
# (cmake -DOUTPUT=... -P embed.cmake), it generates them.

if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB texts LIST_DIRECTORIES false ${CMAKE_CURRENT_LIST_DIR}/*)
  list(FILTER texts EXCLUDE REGEX "\\.cmake$")
  set(rows "")
  foreach(path IN LISTS texts)
    get_filename_component(name ${path} NAME)
    file(READ ${path} text)
    string(APPEND rows "    {\"${name}\", R\"fhctl_text(${text})fhctl_text\"},\n")
  endforeach()
  string(CONCAT source
    "// Made from templates/ by templates/embed.cmake.\n"
    "#include \"core/spec/templates.h\"\n\n"
    "namespace fhctl::pipeline {\n"
    "namespace {\n\n"
    "struct Template {\n  std::string_view name;\n  std::string_view text;\n};\n\n"
    "constexpr Template kTemplates[] = {\n${rows}};\n\n"
    "}  // namespace\n\n"
    "std::string_view template_text(std::string_view name) {\n"
    "  for (const Template& each : kTemplates) {\n    if (each.name == name) return each.text;\n  }\n"
    "  return {};\n}\n\n"
    "}  // namespace fhctl::pipeline\n")
  file(WRITE ${OUTPUT} "${source}")
  return()
endif()

set(fhctl_templates_dir ${CMAKE_CURRENT_LIST_DIR})

function(fhctl_embed_templates target)
  file(GLOB texts CONFIGURE_DEPENDS LIST_DIRECTORIES false ${fhctl_templates_dir}/*)
  set(output ${CMAKE_BINARY_DIR}/generated/templates.cc)
  add_custom_command(OUTPUT ${output} DEPENDS ${texts}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -P ${fhctl_templates_dir}/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
