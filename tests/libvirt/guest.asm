; A guest in 512 bytes: it counts, on the second sector of its own disk, and says
; each number on its first serial port. A count that goes on proves that it is
; the same disk; one that starts anew, that it is not.
;
;     nasm -f bin -D TICKS=4 guest.asm -o guest.img     TICKS: of 55 ms, between counts
;
; With -D SECTOR=n it counts on another sector. With -D WATCHDOG it starts an ib700
; that it never feeds: that bites after two seconds.
; With -D BUSY it changes 512 KiB of its memory all the time: a migration that
; copies less than that in its last moment never ends.

%ifndef SECTOR
%define SECTOR  1
%endif

        bits    16
        org     0x7c00

        cpu     386
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     [drive], dl
        sti

        mov     dx, 0x3fb               ; COM1 at 115200 baud, 8 bits
        mov     al, 0x80
        out     dx, al
        mov     dx, 0x3f8
        mov     al, 1
        out     dx, al
        inc     dx
        xor     al, al
        out     dx, al
        mov     dx, 0x3fb
        mov     al, 3
        out     dx, al

%ifdef WATCHDOG
        mov     dx, 0x443
        mov     al, 0x0e                ; 30 - 2 * 14 seconds
        out     dx, al
%endif

again:  mov     ah, 0x42                ; read the sector
        call    disk
        inc     word [sector]
        mov     ah, 0x43                ; and write it
        call    disk
        mov     ax, [sector]
        call    say
        mov     bx, [0x46c]             ; the BIOS counts ticks there
        add     bx, TICKS
wait_:
%ifdef BUSY
        mov     dx, 0x1000              ; one word of each page from 64 to 576 KiB
page:   mov     fs, dx
        inc     word [fs:0]
        add     dx, 0x100
        cmp     dx, 0x9000
        jb      page
%else
        hlt
%endif
        mov     ax, [0x46c]
        sub     ax, bx
        js      wait_
        jmp     again

disk:   xor     al, al
        mov     dl, [drive]
        mov     si, packet
        int     0x13
        jc      failed
        ret

failed: mov     al, '!'
        call    put
        hlt
        jmp     failed

say:    mov     cx, 4                   ; AX as four hexadecimal digits and a line's end
digit:  rol     ax, 4
        push    ax
        and     al, 0x0f
        add     al, '0'
        cmp     al, '9'
        jbe     ready
        add     al, 'A' - '9' - 1
ready:  call    put
        pop     ax
        loop    digit
        mov     al, 13
        call    put
        mov     al, 10
put:    push    ax
        mov     dx, 0x3fd
full:   in      al, dx
        test    al, 0x20
        jz      full
        pop     ax
        mov     dx, 0x3f8
        out     dx, al
        ret

drive:  db      0
        align   4
packet: db      16, 0
        dw      1, sector, 0
        dq      SECTOR

        times   510 - ($ - $$) db 0
        dw      0xaa55

sector  equ     0x8000
