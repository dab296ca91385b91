include tools/dsctl/local.mk
