// Package lint judges frames by what went before them. Package dissect finds what is wrong with one message;
// a [Linter] finds what is wrong with an exchange: a retransmission that comes too early, a response that no
// request fits, a block out of order, a notification after its observation has ended.
//
// It is passive and sees what a capture shows. That decides three things:
//
//   - A capture may begin in the middle. No rule is broken by what cannot have been seen: before an endpoint is
//     told that nothing asked for its message, the other one has been seen asking.
//   - A frame that was seen may still have been lost. What loss explains as well is a [dissect.Note].
//   - Endpoints may be configured otherwise. What goes by the default transmission parameters is a
//     [dissect.Warning], although its clause says MUST.
//
// The tables are bounded and forget what is older than EXCHANGE_LIFETIME (RFC 7252 §4.8.2), but for
// observations. Findings are kept as numbers; their texts and spans are made when they are looked at.
package lint
