// Package exchange is the message layer and the request/response layer of CoAP over UDP
// (RFC 7252 §4, §5.2, §5.3, §8): [Machine] is a client's endpoint without socket, clock and goroutine.
// It is given what happens (requests to send, datagrams, the passing of time) and says what to do and
// what came of it. A test plays minutes of loss and silence in microseconds.
package exchange
