// Package capability finds out what a device can do: from what was exchanged with it anyway, and by probing it with
// requests that change nothing.
//
// A [Target] says what is probed, and its [Target.Plan] names every request before one is sent. [Probe] sends them one
// after the other and tells a [Card] after each: a [Finding] for every [Feature], with the frames that show it and the
// clause that it is judged by. GET, FETCH and pings are safe (RFC 7252 §5.1, §4.3, RFC 8132 §2.1). Other methods are
// learned from traffic, or tried where the user agrees for a resource that the user names: such a request has an
// If-Match that no representation has, so that a device which keeps to RFC 7252 §5.10.8.1 refuses it and does nothing.
package capability
