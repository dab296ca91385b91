/* Certificates for TLS tests, made by the test itself. */
#ifndef TESTS_CERTIFICATES_H
#define TESTS_CERTIFICATES_H

/* Writes into the folder, each as NAME.crt and NAME.key:
 *   ca, other-ca   two authorities;
 *   server         by ca, for localhost, 127.0.0.1 and ::1;
 *   wrong          by ca, for other.example;
 *   expired        by ca, for localhost, no longer valid;
 *   client         by ca; client-locked.key is its key, encrypted with "open sesame";
 *   stranger       a client by other-ca.
 * The program ends where that fails. */
void certificates_make(const char *folder);

#endif
