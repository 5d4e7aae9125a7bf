// Package linkformat reads, filters and writes the CoRE Link Format (RFC 6690), in which a device
// says at /.well-known/core which resources it has.
//
// Reading is strict in what it reports and lenient in what it keeps. [Parse] gives every link that
// could be read, and beside them what is wrong with the payload: where, what, and by which clause.
// After what cannot be read it goes on at the next link, so that one broken link does not hide the
// others.
//
// What is read is kept: unknown and repeated attributes, flags, the difference between a token and
// a quoted string, and the order. A payload as this package writes it survives Parse and Append
// byte for byte.
//
// Links and attributes know where they stood in the payload, so that a viewer can point at them.
package linkformat
