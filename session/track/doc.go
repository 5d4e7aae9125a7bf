// Package track recognises exchanges from frames alone, in the order in which they were seen.
//
// A [Tracker] tells what each frame is (request, retransmission, separate response, notification) and
// which frames belong together: those of a request with its answers, of a body that is moved in blocks,
// of an observation, of a multicast request with its responders. It works the same for this program's
// own traffic, for sniffed traffic and for capture files, since it knows nothing but the bytes; the
// machine of package exchange, which sends and receives, is held against it in its tests.
package track
