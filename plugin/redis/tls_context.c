/* What a TLS session stands on: trusted authorities, our certificate and key, versions. Read anew for each session. */
#include "tls_context.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>

/* The reason of the first error on OpenSSL's queue, which is emptied. */
static const char *reason(ds_error *err)
{
    unsigned long code = ERR_peek_error();
    const char *text = ERR_GET_LIB(code) == ERR_LIB_SYS ? NULL : ERR_reason_error_string(code);
    if (err != NULL)
        err->native = (int32_t)ERR_GET_REASON(code);
    ERR_clear_error();
    return text == NULL ? "it cannot be read" : text;
}

static ds_status refuse(const char *setting, const char *path, ds_error *err)
{
    ds_error number = {0};
    const char *why = reason(&number);
    ds_error_set(err, DS_CONFIG, "the setting %s: the file \"%s\" cannot be used: %s", setting, path, why);
    err->native = number.native;
    return DS_CONFIG;
}

typedef struct lock {
    const char *passphrase;
    bool is_met; /* the key is encrypted */
} lock;

/* OpenSSL would ask on the terminal where there is no passphrase. */
static int give_passphrase(char *out, int size, int is_writing, void *user)
{
    lock *met = user;
    (void)is_writing;
    met->is_met = true;
    if (met->passphrase == NULL || strlen(met->passphrase) >= (size_t)size)
        return -1;
    memcpy(out, met->passphrase, strlen(met->passphrase) + 1);
    return (int)strlen(met->passphrase);
}

/* ---- trusted authorities ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

static bool is_certificate_file(const char *name)
{
    return name[0] != '.' && (ends_in(name, ".pem") || ends_in(name, ".crt") || ends_in(name, ".cer"));
}

/* "5ed36f99.0", as c_rehash makes them: OpenSSL looks these up itself, when it needs them. */
static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9';
}

static ds_status trust_folder_file(SSL_CTX *context, const char *folder, const char *name, ds_error *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return ds_error_set(err, DS_CONFIG, "the setting tls.ca: the path of \"%s\" is too long", name);
    return SSL_CTX_load_verify_file(context, path) == 1 ? DS_OK : refuse("tls.ca", path, err);
}

static ds_status trust_folder(SSL_CTX *context, const char *folder, ds_error *err)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return ds_error_set(err, DS_CONFIG, "the setting tls.ca: the folder \"%s\" cannot be read", folder);
    ds_status status = DS_OK;
    bool found = false, hashed = false;
    for (const struct dirent *entry; status == DS_OK && !hashed && (entry = readdir(entries)) != NULL;) {
        hashed = is_hashed(entry->d_name);
        if (!is_certificate_file(entry->d_name))
            continue;
        status = trust_folder_file(context, folder, entry->d_name, err);
        found = true;
    }
    closedir(entries);
    if (hashed)
        return SSL_CTX_load_verify_dir(context, folder) == 1 ? DS_OK : refuse("tls.ca", folder, err);
    if (status == DS_OK && !found)
        return ds_error_set(err, DS_CONFIG, "the setting tls.ca: the folder \"%s\" holds no certificates (.pem, .crt)",
                            folder);
    return status;
}

static ds_status trust(SSL_CTX *context, const char *path, ds_error *err)
{
    struct stat kind;
    if (stat(path, &kind) != 0)
        return ds_error_set(err, DS_CONFIG, "the setting tls.ca: the file \"%s\" cannot be read", path);
    if (S_ISDIR(kind.st_mode))
        return trust_folder(context, path, err);
    return SSL_CTX_load_verify_file(context, path) == 1 ? DS_OK : refuse("tls.ca", path, err);
}

static ds_status trust_all(SSL_CTX *context, const tls_config *config, ds_error *err)
{
    ds_status status = DS_OK;
    for (size_t i = 0; status == DS_OK && i < config->ca_count; i++)
        status = trust(context, config->ca[i], err);
    if (config->ca_count == 0 && SSL_CTX_set_default_verify_paths(context) != 1)
        status = ds_error_set(err, DS_CONFIG, "the system's store of certificates cannot be used: %s", reason(NULL));
    ERR_clear_error();
    return status;
}

/* ---- our own certificate ---- */

static ds_status use_key(SSL_CTX *context, const tls_config *config, const lock *met, ds_error *err)
{
    bool is_used = SSL_CTX_use_PrivateKey_file(context, config->key, SSL_FILETYPE_PEM) == 1;
    bool is_other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
    if (is_used)
        return SSL_CTX_check_private_key(context) == 1 ? DS_OK : refuse("tls.key", config->key, err);
    if (!met->is_met || is_other)
        return refuse("tls.key", config->key, err);
    ERR_clear_error();
    return ds_error_set(err, DS_CONFIG, "the setting tls.key: the file \"%s\" %s", config->key,
                        met->passphrase == NULL ? "needs a tls.passphrase" : "is not opened by the tls.passphrase");
}

static ds_status use_certificate(SSL_CTX *context, const tls_config *config, ds_error *err)
{
    if (config->cert == NULL)
        return DS_OK;
    lock met = {.passphrase = config->passphrase};
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &met);
    ds_status status = SSL_CTX_use_certificate_chain_file(context, config->cert) == 1
                           ? use_key(context, config, &met, err)
                           : refuse("tls.cert", config->cert, err);
    SSL_CTX_set_default_passwd_cb(context, NULL);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    return status;
}

ds_status tls_context_make(const tls_config *config, SSL_CTX **out, ds_error *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return ds_error_set(err, DS_NOMEM, "OpenSSL cannot be used: %s", reason(NULL));
    SSL_CTX_set_min_proto_version(context, config->only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, config->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    ds_status status = config->verify ? trust_all(context, config, err) : DS_OK;
    if (status == DS_OK)
        status = use_certificate(context, config, err);
    if (status != DS_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *out = context;
    return DS_OK;
}

ds_status tls_check(const tls_config *config, ds_error *err)
{
    SSL_CTX *context = NULL;
    ds_status status = tls_context_make(config, &context, err);
    SSL_CTX_free(context);
    return status;
}
