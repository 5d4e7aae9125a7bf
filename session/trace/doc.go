// Package trace keeps every datagram that was sent, received, sniffed or read from a file, in
// the order in which it was seen.
//
// The [Log] only grows, or drops its oldest frames where it has a limit. One writer at a time appends; any number of readers look at what is
// there without a lock, so that a window that draws a million frames never holds up the network.
package trace
