# The gateway is in layers: `data` is what texts and numbers are made of, and `law`
# what may be sent and whose it is, both pure; `carrier` the boundary; then one
# folder for each kind of carrier, of which none knows another; above them the
# gateway itself.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

causeway_layer(sms_data gateways/sms/data LAYERS base)
causeway_layer(sms_law gateways/sms/law LAYERS base sms_data)
causeway_layer(sms_carrier gateways/sms/carrier LAYERS base sms_data)
causeway_layer(sms_smpp gateways/sms/smpp LAYERS base net sms_data sms_carrier)
causeway_layer(sms_http gateways/sms/http LAYERS base net sms_data sms_carrier
	PACKAGES PkgConfig::JANSSON)
# Where the files of providers are installed; they are looked for there, also
# relative to the daemon, and beside it where it was built.
file(RELATIVE_PATH data_from_bin ${CMAKE_INSTALL_FULL_BINDIR}
	${CMAKE_INSTALL_FULL_DATADIR}/causeway)
set_source_files_properties(gateways/sms/http/provider_place.c PROPERTIES
	COMPILE_DEFINITIONS
	"CAUSEWAY_DATA=\"${CMAKE_INSTALL_FULL_DATADIR}/causeway\";CAUSEWAY_DATA_FROM_BIN=\"${data_from_bin}\"")
if(NOT EXISTS ${CMAKE_BINARY_DIR}/sms-providers)
	file(CREATE_LINK ${CMAKE_SOURCE_DIR}/etc/sms-providers
		${CMAKE_BINARY_DIR}/sms-providers SYMBOLIC)
endif()
install(DIRECTORY etc/sms-providers DESTINATION
	${CMAKE_INSTALL_DATADIR}/causeway FILES_MATCHING PATTERN "*.conf")
causeway_layer(sms_modem gateways/sms/modem
	LAYERS base net sms_data sms_carrier)

set(gateway_layers sms_data sms_law sms_carrier sms_smpp sms_http sms_modem)
list(APPEND gateway_parts sms_data sms_law sms_smpp sms_http sms_modem)
