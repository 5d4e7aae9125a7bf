// Package draft is a request as a user writes it: texts, any of which may be missing, half written or wrong, and how
// they become a [session.Request] and back. It knows neither a window nor a network, and reads no file.
//
// A [Draft] is what a request tab edits, what collections and the history keep, and what command lines of other
// programs are read into and written from.
package draft
