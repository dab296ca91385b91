/* A little authority on OpenSSL: EC keys, so that it takes no time. */
#include "certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DAY = 24 * 60 * 60 };

typedef struct identity {
    X509 *certificate;
    EVP_PKEY *key;
} identity;

static void check(int is_fine, const char *what)
{
    if (is_fine)
        return;
    fprintf(stderr, "certificates: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static FILE *open_file(const char *folder, const char *name, const char *end)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, end);
    FILE *file = fopen(path, "w");
    check(file != NULL, path);
    chmod(path, 0600);
    return file;
}

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    check(extension != NULL && X509_add_ext(certificate, extension, -1), value);
    X509_EXTENSION_free(extension);
}

/* `names` (NULL: an authority's, or a client's) as subjectAltName takes them; valid from `start` to `end`, days from
 * now. */
static identity make(const char *folder, const char *name, const identity *by, const char *names, int start, int end)
{
    static long serial = 1;
    identity made = {X509_new(), EVP_EC_gen("P-256")};
    check(made.certificate != NULL && made.key != NULL, "making a key");
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), (long)start * DAY);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), (long)end * DAY);
    X509_set_issuer_name(made.certificate, by == NULL ? subject : X509_get_subject_name(by->certificate));
    X509_set_pubkey(made.certificate, made.key);
    extend(made.certificate, NID_basic_constraints, by == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (names != NULL)
        extend(made.certificate, NID_subject_alt_name, names);
    check(X509_sign(made.certificate, by == NULL ? made.key : by->key, EVP_sha256()) > 0, "signing");
    FILE *file = open_file(folder, name, "crt");
    check(PEM_write_X509(file, made.certificate) && fclose(file) == 0, "writing a certificate");
    file = open_file(folder, name, "key");
    check(PEM_write_PrivateKey(file, made.key, NULL, NULL, 0, NULL, NULL) && fclose(file) == 0, "writing a key");
    return made;
}

static void forget(identity one)
{
    X509_free(one.certificate);
    EVP_PKEY_free(one.key);
}

void certificates_make(const char *folder)
{
    identity ca = make(folder, "ca", NULL, NULL, -2, 30), other = make(folder, "other-ca", NULL, NULL, -2, 30);
    forget(make(folder, "server", &ca, "DNS:localhost,IP:127.0.0.1,IP:::1", -2, 30));
    forget(make(folder, "wrong", &ca, "DNS:other.example", -2, 30));
    forget(make(folder, "expired", &ca, "DNS:localhost,IP:127.0.0.1", -2, -1));
    identity client = make(folder, "client", &ca, NULL, -2, 30);
    FILE *file = open_file(folder, "client-locked", "key");
    check(PEM_write_PKCS8PrivateKey(file, client.key, EVP_aes_256_cbc(), "open sesame", 11, NULL, NULL) &&
              fclose(file) == 0,
          "writing a locked key");
    forget(client);
    forget(make(folder, "stranger", &other, NULL, -2, 30));
    forget(ca);
    forget(other);
}
