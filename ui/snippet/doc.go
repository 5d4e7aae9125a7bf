// Package snippet writes a request as something to paste elsewhere: a command line of another client, a program, the
// bytes, a filter; and reads the command lines back.
//
// What it writes is right or it is an error: where a program cannot say all of a request, a comment says what is
// different. Command lines quote for a POSIX shell. Programs send the same message as the engine, but for message ID
// and token, and for what they put into the messages of a body in blocks.
//
// What coap-client does is as measured of libcoap 4.3.1 and 4.3.4. The latter adds a Request-Tag (RFC 9175 §3) to every
// request of its own accord, which none of its older versions does; -L 17 keeps it from that.
package snippet
