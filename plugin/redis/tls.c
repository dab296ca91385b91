/* A TLS session over a socket of ours: OpenSSL's own would raise SIGPIPE. What the peer did wrong is said in words. */
#include "tls_context.h"

#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/socket.h>

struct tls_session {
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    int fd, number; /* errno of the last failure; 0: none */
    bool is_up, is_broken, is_hopeless;
    bool send_reads;          /* sending goes on once something has come */
    const char *where, *name; /* the server; the name that its certificate must have */
};

/* ---- the socket, as OpenSSL sees it ---- */

static int took(BIO *bio, tls_session *self, ssize_t result)
{
    self->number = result < 0 ? errno : 0;
    if (result < 0 && (self->number == EAGAIN || self->number == EWOULDBLOCK || self->number == EINTR))
        BIO_set_flags(bio, BIO_FLAGS_SHOULD_RETRY);
    return (int)result;
}

static int socket_write(BIO *bio, const char *bytes, int length)
{
    tls_session *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int result = took(bio, self, send(self->fd, bytes, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (BIO_should_retry(bio))
        BIO_set_flags(bio, BIO_FLAGS_WRITE);
    return result;
}

static int socket_read(BIO *bio, char *bytes, int room)
{
    tls_session *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int result = took(bio, self, recv(self->fd, bytes, (size_t)room, MSG_DONTWAIT));
    if (BIO_should_retry(bio))
        BIO_set_flags(bio, BIO_FLAGS_READ);
    if (result == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return result;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default:
        return 0;
    }
}

static bool attach(tls_session *self)
{
    self->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datasource socket");
    if (self->method == NULL || BIO_meth_set_write(self->method, socket_write) != 1 ||
        BIO_meth_set_read(self->method, socket_read) != 1 || BIO_meth_set_ctrl(self->method, socket_control) != 1)
        return false;
    BIO *bio = BIO_new(self->method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, self);
    BIO_set_init(bio, 1);
    SSL_set_bio(self->ssl, bio, bio);
    return true;
}

/* ---- opening ---- */

static bool is_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* SNI takes no addresses (RFC 6066, 3); a certificate may name them (RFC 6125 knows them as IP-IDs). */
static bool expect_name(tls_session *self, bool verify)
{
    bool by_address = is_address(self->name);
    X509_VERIFY_PARAM *parameters = SSL_get0_param(self->ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (verify && by_address && X509_VERIFY_PARAM_set1_ip_asc(parameters, self->name) != 1)
        return false;
    if (verify && !by_address && X509_VERIFY_PARAM_set1_host(parameters, self->name, 0) != 1)
        return false;
    return by_address || SSL_set_tlsext_host_name(self->ssl, self->name) == 1;
}

ds_status tls_open(const tls_config *config, const char *host, const char *where, int fd, tls_session **out,
                   ds_error *err)
{
    tls_session *self = ds_calloc(1, sizeof *self);
    if (self == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    self->fd = fd;
    self->where = where;
    self->name = config->servername != NULL ? config->servername : host;
    ds_status status = tls_context_make(config, &self->context, err);
    if (status == DS_OK) {
        self->ssl = SSL_new(self->context);
        if (self->ssl == NULL || !attach(self))
            status = ds_error_set(err, DS_NOMEM, "out of memory");
        else if (!expect_name(self, config->verify))
            status = ds_error_set(err, DS_CONFIG, "the setting %s: \"%s\" cannot be the name of a TLS server",
                                  config->servername != NULL ? "tls.servername" : "host", self->name);
        else
            SSL_set_connect_state(self->ssl);
    }
    ERR_clear_error();
    if (status != DS_OK) {
        tls_close(self);
        return status;
    }
    *out = self;
    return DS_OK;
}

void tls_close(tls_session *self)
{
    if (self == NULL)
        return;
    if (self->is_up && !self->is_broken)
        SSL_shutdown(self->ssl);
    SSL_free(self->ssl);
    BIO_meth_free(self->method);
    SSL_CTX_free(self->context);
    ERR_clear_error();
    ds_free(self);
}

void tls_mute(tls_session *self)
{
    self->is_broken = true;
}

bool tls_is_hopeless(const tls_session *self)
{
    return self->is_hopeless;
}

bool tls_wants_write(const tls_session *self)
{
    return self->is_up ? !self->send_reads
                       : SSL_want_write(self->ssl); /* of OpenSSL's last call, which may have read */
}

/* ---- what went wrong ---- */

static ds_status say(ds_error *err, ds_status status, long native)
{
    err->native = (int32_t)native;
    return status;
}

static ds_status distrust(const tls_session *self, long result, ds_error *err)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        ds_error_set(err, DS_UNREACHABLE, "the certificate of the Redis server at %s is of another name than \"%s\"",
                     self->where, self->name);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        ds_error_set(err, DS_UNREACHABLE, "the certificate of the Redis server at %s has expired", self->where);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        ds_error_set(err, DS_UNREACHABLE, "the certificate of the Redis server at %s is not valid yet", self->where);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: /* of another one of that name */
        ds_error_set(err, DS_UNREACHABLE,
                     "the certificate of the Redis server at %s is signed by an unknown authority (%s)", self->where,
                     X509_verify_cert_error_string(result));
        break;
    default:
        ds_error_set(err, DS_UNREACHABLE, "the certificate of the Redis server at %s was refused: %s", self->where,
                     X509_verify_cert_error_string(result));
    }
    return say(err, DS_UNREACHABLE, result);
}

/* Alerts by which a server refuses our certificate, or asks for one (RFC 8446, 6.2). */
static bool is_refusal(int code)
{
    switch (code) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR: /* the authority has another key than the one of that name that it knows */
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

static ds_status fail_ssl(tls_session *self, ds_error *err)
{
    unsigned long code = ERR_peek_error();
    int number = ERR_GET_REASON(code);
    const char *text = ERR_reason_error_string(code);
    ERR_clear_error();
    ds_status status = self->is_up ? DS_LOST : DS_UNREACHABLE;
    if (is_refusal(number))
        return say(err,
                   ds_error_set(err, DS_AUTH, "the Redis server at %s refused the client certificate: %s", self->where,
                                text == NULL ? "no reason given" : text),
                   number);
    if (number == SSL_R_WRONG_VERSION_NUMBER)
        return say(err,
                   ds_error_set(err, status, "the Redis server at %s does not speak TLS on this port", self->where),
                   number);
    return say(err,
               ds_error_set(err, status, "TLS with the Redis server at %s failed: %s", self->where,
                            text == NULL ? "no reason given" : text),
               number);
}

static ds_status fail_socket(tls_session *self, ds_error *err)
{
    ds_status status = self->is_up ? DS_LOST : DS_UNREACHABLE;
    int number = self->number;
    if (number == 0)
        return ds_error_set(err, status, "the Redis server at %s closed the connection%s", self->where,
                            self->is_up ? "" : " during the TLS handshake");
    return say(err,
               ds_error_set(err, status, "the connection to the Redis server at %s broke: %s", self->where,
                            socket_reason(number)),
               number);
}

static bool is_end(int kind)
{
    return kind == SSL_ERROR_ZERO_RETURN ||
           (kind == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

static ds_status fail(tls_session *self, int kind, ds_error *err)
{
    self->is_broken = true;
    long verified = SSL_get_verify_result(self->ssl);
    if (!self->is_up && verified != X509_V_OK && SSL_get_verify_mode(self->ssl) != SSL_VERIFY_NONE) {
        self->is_hopeless = true;
        ERR_clear_error();
        return distrust(self, verified, err);
    }
    if (is_end(kind))
        self->number = 0;
    self->is_hopeless = kind == SSL_ERROR_SSL && !is_end(kind);
    if (self->is_hopeless)
        return fail_ssl(self, err);
    ERR_clear_error();
    return fail_socket(self, err);
}

/* ---- the session ---- */

static bool is_waiting(int kind)
{
    return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
}

ds_status tls_handshake(tls_session *self, ds_error *err)
{
    ERR_clear_error();
    int result = SSL_do_handshake(self->ssl);
    if (result == 1) {
        self->is_up = true;
        return DS_OK;
    }
    int kind = SSL_get_error(self->ssl, result);
    return is_waiting(kind) ? DS_BUSY : fail(self, kind, err);
}

ssize_t tls_recv(tls_session *self, void *bytes, size_t room, ds_error *err)
{
    size_t got = 0;
    ERR_clear_error();
    int result = SSL_read_ex(self->ssl, bytes, room, &got);
    if (result == 1)
        return (ssize_t)got;
    int kind = SSL_get_error(self->ssl, result);
    if (is_waiting(kind))
        return IO_AGAIN;
    if (is_end(kind)) {
        self->is_broken = kind != SSL_ERROR_ZERO_RETURN;
        ERR_clear_error();
        return IO_END;
    }
    fail(self, kind, err);
    return IO_FAILED;
}

bool tls_is_pending(const tls_session *self)
{
    return SSL_pending(self->ssl) > 0;
}

ssize_t tls_send(tls_session *self, const void *bytes, size_t length, ds_error *err)
{
    size_t sent = 0;
    ERR_clear_error();
    int result = SSL_write_ex(self->ssl, bytes, length, &sent);
    self->send_reads = false;
    if (result == 1)
        return (ssize_t)sent;
    int kind = SSL_get_error(self->ssl, result);
    self->send_reads = kind == SSL_ERROR_WANT_READ;
    if (is_waiting(kind))
        return IO_AGAIN;
    fail(self, kind, err);
    return IO_FAILED;
}
