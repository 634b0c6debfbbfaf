# The gateway is two programs: its part of the daemon, and the worker
# causeway-mail, where everything that reads mails and mail servers runs. They
# share nothing but `wire`.
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(XML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_library(ETPAN_LIBRARY etpan REQUIRED)
find_library(YTNEF_LIBRARY ytnef REQUIRED)

# Where the worker is installed; the pool looks there, also relative to the
# daemon.
file(RELATIVE_PATH private_from_bin ${CMAKE_INSTALL_FULL_BINDIR}
	${CMAKE_INSTALL_FULL_LIBDIR}/causeway)
set_source_files_properties(gateways/email/pool.c PROPERTIES
	COMPILE_DEFINITIONS
	"CAUSEWAY_PRIVATE=\"${CMAKE_INSTALL_FULL_LIBDIR}/causeway\";CAUSEWAY_PRIVATE_FROM_BIN=\"${private_from_bin}\"")

causeway_layer(email_wire gateways/email/wire LAYERS base)
causeway_layer(email_worker gateways/email/worker
	LAYERS base net email_wire
	PACKAGES PkgConfig::GMIME PkgConfig::XML2 PkgConfig::SECCOMP
		${ETPAN_LIBRARY} ${YTNEF_LIBRARY})
add_executable(causeway-mail gateways/email/worker/main.c)
target_link_libraries(causeway-mail PRIVATE email_worker)
install(TARGETS causeway-mail DESTINATION ${CMAKE_INSTALL_LIBDIR}/causeway)

set(gateway_layers email_wire)
set(gateway_packages PkgConfig::JANSSON)
list(APPEND gateway_parts email_wire email_worker)
