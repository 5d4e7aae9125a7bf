// Package view is what the window shows, as plain data: no widget, no toolkit. A view-model takes
// what the engine publishes and what the user does, and says what is to be seen; a panel only draws
// it. So the behaviour of the window is tested without one.
//
// View-models belong to the window's goroutine unless they say otherwise.
package view
