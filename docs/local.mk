# Man pages and documents.
dist_man_MANS += docs/datasource.3 docs/datasources.json.5 docs/datasource-conformance.1
dist_doc_DATA += docs/FILTERS.md docs/REDIS-STORAGE.md docs/SQLITE-STORAGE.md docs/WRITING-A-CONNECTOR.md
EXTRA_DIST += docs/ARCHITECTURE.md \
	config-examples/README.md config-examples/models.json \
	config-examples/acl-user/datasources.json \
	config-examples/connections/datasources.json \
	config-examples/environment/datasources.json \
	config-examples/layers/datasources.json \
	config-examples/layers/datasources.development.json \
	config-examples/layers/datasources.production.json \
	config-examples/loopback/datasources.json config-examples/loopback/models.json \
	config-examples/memory/datasources.json \
	config-examples/memory-file/datasources.json \
	config-examples/redis-om/datasources.json config-examples/redis-om/models.json \
	config-examples/sqlite/datasources.json \
	config-examples/tcp/datasources.json \
	config-examples/tls/datasources.json \
	config-examples/tls-client-certificate/datasources.json \
	config-examples/unix-socket/datasources.json \
	config-examples/url/datasources.json
