// Package exchange is the message layer and the request/response layer of CoAP over UDP
// (RFC 7252 §4, §5.2, §5.3, §8), twice:
//
//   - [Machine] does it: a client's endpoint without socket, clock and goroutine. It is given
//     what happens (requests to send, datagrams, the passing of time) and says what to do and
//     what came of it. A test plays minutes of loss and silence in microseconds.
//   - [Tracker] recognises it: from frames alone, in the order in which they were seen, it tells
//     what each is (request, retransmission, separate response, notification) and which frames
//     belong together: those of a request with its answers, of a body that is moved in blocks, of an
//     observation. It works the same for this program's own traffic, for sniffed traffic
//     and for capture files, since it knows nothing but the bytes.
package exchange
