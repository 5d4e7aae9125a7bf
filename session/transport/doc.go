// Package transport carries CoAP messages, one datagram each, and shows every one of them to a
// tap: what was sent, what came, and what came malformed, before anything else looks at it.
package transport
