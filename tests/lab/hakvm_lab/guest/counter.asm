; A guest of 512 bytes that counts: once a second it reads the number in the
; second sector of its disk, adds one, writes it back and, once the disk has
; taken it, says it on its first serial port as eight hexadecimal digits.
;
; So whoever reads the serial port knows which writes the guest was told are
; safe, and whether a guest that was started elsewhere went on from the next.
;
; nasm -f bin counter.asm -o counter.img; the disk takes 1 MiB.

	bits 16
	org 0x7c00

buffer	equ 0x8000
ticks	equ 18			; of the clock, 18.2 a second

	jmp 0:start
start:	cli
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, 0x7c00
	sti
	cld
	mov [drive], dl
	mov ax, 0x00e3		; serial port 0: 9600 baud, 8 bits, no parity
	xor dx, dx
	int 0x14

again:	mov ax, 0x0201		; read one sector
	call sector
	jc failed
	add dword [buffer], 1
	mov ax, 0x0301		; write one sector
	call sector
	jc failed

	mov cx, 8
digit:	rol dword [buffer], 4	; after eight turns it is what it was
	mov al, [buffer]
	and al, 15
	cmp al, 10
	jb small
	add al, 'A' - '0' - 10
small:	add al, '0'
	call say
	loop digit
	mov al, 10
	call say

	xor ah, ah		; wait for the clock to move on, halted meanwhile
	int 0x1a
	mov bx, dx
idle:	hlt
	xor ah, ah
	int 0x1a
	sub dx, bx		; a difference: right over the counter's wrap, too
	cmp dx, ticks
	jb idle
	jmp again

failed:	mov al, 'E'		; the disk refused: say so, try again
	call say
	mov al, 10
	call say
	jmp again

sector:	mov bx, buffer		; cylinder 0, head 0, sector 2
	mov cx, 2
	xor dh, dh
	mov dl, [drive]
	int 0x13
	ret

say:	pusha
	mov ah, 1
	xor dx, dx
	int 0x14
	popa
	ret

drive:	db 0

	times 510 - ($ - $$) db 0
	dw 0xaa55
