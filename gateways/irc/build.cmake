find_library(IRCCLIENT_LIBRARY ircclient REQUIRED)
set(gateway_packages ${IRCCLIENT_LIBRARY})
