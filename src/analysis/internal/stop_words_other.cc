#include "analysis/internal/stop_words.h"

namespace blasty::analysis::internal {

constinit const std::string_view kStopFinnish =
    "ja tai vaan mutta sekä eli että jos kun koska niin kuin kuten vaikka joka jotka jonka jota "
    "joita jossa josta johon jolla jolle mikä mitkä minkä mitä missä mistä mihin kuka ketkä kenen "
    "ketä minä minun minua minut minulla minulle sinä sinun sinua sinut hän hänen häntä hänet "
    "hänellä hänelle me meidän meitä te teidän teitä he heidän heitä heille tämä tämän tätä tässä "
    "tästä tähän nämä näiden näitä tuo tuon tuota nuo se sen sitä siinä siitä siihen sillä sille "
    "ne niiden niitä niissä niistä itse olla olen olet on olemme olette ovat oli olivat ole ollut "
    "olisi en et ei emme ette eivät kanssa mukaan ennen jälkeen yli ali ilman varten kautta myös "
    "vain jo vielä nyt sitten siis hyvin enemmän kaikki muu muut";

constinit const std::string_view kStopHungarian =
    "a az egy és s vagy de hanem sem se nem ne is csak már még most majd ha hogy mert mint mivel "
    "aki akik amely amelyek ami amit ahol amikor ki mi mit hol hova honnan mikor miért hogyan "
    "milyen melyik én engem nekem te téged neked ő őt neki minket nekünk ti titeket nektek ők "
    "őket nekik ez ezt ezek ezen ebben erre ezért itt ide azt azok azon abban arra ott oda így "
    "úgy ilyen olyan maga saját minden mindenki valami valaki semmi más egyik másik több sok "
    "nagyon túl alatt előtt után között felett mellett szerint által ellen nélkül miatt vagyok "
    "van vagyunk vannak volt voltak lesz lesznek lenne legyen lett kell lehet fog meg el fel le "
    "be rá";

constinit const std::string_view kStopTurkish =
    "ve veya ya da de ile ama fakat ancak lakin çünkü eğer ki ise mi mı mu mü bu şu o bunu şunu "
    "onu buna şuna ona bunun şunun onun bunlar şunlar onlar bunda şunda onda ben beni bana benim "
    "bende benden sen seni sana senin sende siz sizi size sizin biz bizi bize bizim onları onlara "
    "onların kendi kendisi ne neden niçin niye nasıl nerede nereye kim kimi kime kimin hangi kaç "
    "için gibi kadar göre karşı doğru önce sonra beri dolayı üzere rağmen her hiç bir birkaç bazı "
    "çok az daha en pek hep bütün tüm böyle şöyle öyle değil var yok olan olarak oldu olur olmak "
    "idi imiş dır dir şey hem artık yine zaten sadece";

constinit const std::string_view kStopGreek =
    "ο η το οι τα του της των τον την τους τις ένας μια μία ένα ενός μιας και ή είτε ούτε αλλά "
    "όμως αν εάν ότι πως που όταν ενώ γιατί επειδή ώστε να θα ας δεν μη μην όχι ναι σε στο στη "
    "στην στον στους στις στα από με χωρίς για προς μέχρι ως πριν μετά κατά παρά αντί μεταξύ εγώ "
    "εμένα μου εσύ εσένα σου αυτός αυτή αυτό αυτοί αυτές αυτά αυτού αυτής αυτών εμείς εμάς μας "
    "εσείς εσάς σας εκείνος εκείνη εκείνο τι ποιος ποια ποιο ποιοι πού πώς πότε πόσο όπως όσο "
    "όσοι κάθε κάτι κανείς τίποτα όλα όλοι άλλος άλλη άλλο πολύ πιο πάρα μόνο επίσης ακόμα ήδη "
    "τώρα εδώ εκεί είμαι είσαι είναι είμαστε ήταν έχω έχει έχουν είχε";

constinit const std::string_view kStopIrish =
    "an na a ag ar as ach agus is ba bhí tá níl bhfuil raibh beidh bheith do de den don faoi go "
    "gan i in sa san le leis ó ón roimh trí thar um idir chun má mura nach ní nár cén cé cad "
    "conas cathain cá mé mo tú sé sí é í muid sinn ár sibh bhur siad iad seo sin siúd eile gach "
    "uile féin níos chomh ná nó mar nuair ansin anseo anois dá dár aon dhá";

constinit const std::string_view kStopBasque =
    "eta edo baina ere ez bai da dira zen ziren naiz zara gara du dute dugu dut zuen zuten nuen "
    "izan izango dago daude zegoen egon hau hori hura hauek horiek haiek honen horren haren hemen "
    "hor han nik ni nire zuk zu zure hark bere berak gu gure guk zuek beren zer zein nor noiz non "
    "nola zergatik zenbat bat batzuk bi guzti guztiak dena oso asko gutxi gehiago baino bezala "
    "arte gabe buruz bidez ondoren aurretik artean barik batez edozein hala beraz orduan orain "
    "oraindik bakarrik";

constinit const std::string_view kStopLithuanian =
    "ir ar o bet tačiau arba nei kad jei jeigu kai kada kur kaip kodėl nes kas ką ko kam kuo koks "
    "kokia kuris kuri kurie kurios aš mane man mano tu tave tau tavo jis ji jį ją jo jos jam jai "
    "mes mus mums mūsų jūs jus jums jūsų jie juos jas jų jiems save sau savo šis ši šie šios šio "
    "tas ta tai tie tos to čia ten taip toks tokia ne nėra yra buvo bus būti esu esi esame į iš "
    "su be prie per po prieš už nuo iki dėl pagal tarp ant apie dar jau tik labai daug visi visa "
    "visas kiekvienas kitas kita";

constinit const std::string_view kStopArmenian =
    "և ու կամ բայց իսկ եթե որ երբ որտեղ ինչպես ինչու քանի ինչ ով է եմ ես ենք եք են էր էին լինել "
    "եղել չէ ոչ այո այս այդ այն սա դա նա նրա նրանք իր իրենց մեր մեզ մենք դու դուք ձեր ձեզ իմ ինձ "
    "քո քեզ մի մեջ վրա տակ մոտ համար հետ առանց մասին միայն նաև էլ արդեն շատ բոլոր ամեն";

constinit const std::string_view kStopIndonesian =
    "yang dan atau tetapi tapi namun melainkan di ke dari pada dalam untuk dengan tanpa oleh "
    "tentang antara sampai hingga sejak karena sebab agar supaya jika kalau bila ketika saat "
    "bahwa seperti sebagai daripada ini itu sini situ sana tersebut adalah ialah merupakan ada "
    "tidak tak bukan belum jangan sudah telah sedang akan masih juga pun lagi hanya saja sangat "
    "lebih paling saya aku kamu anda engkau dia ia beliau kami kita mereka nya apa siapa mana "
    "kapan mengapa bagaimana berapa semua setiap para si sang lain suatu sebuah seorang dapat "
    "bisa harus";

constinit const std::string_view kStopArabic =
    "في من إلى على عن مع بين حتى منذ عند لدى بعد قبل تحت فوق حول دون خلال ضد غير و أو أم ثم بل "
    "لكن إن أن إذا إذ لو لولا كي لأن كأن ليت لعل ما لا لم لن ليس ليست هل كيف متى أين لماذا كم أي "
    "هو هي هما هم هن أنا نحن أنت أنتم أنتن هذا هذه هذان هؤلاء ذلك تلك أولئك هنا هناك الذي التي "
    "الذين اللذان اللواتي كان كانت كانوا يكون تكون قد لقد سوف كل بعض جميع نفس أيضا فقط جدا كما "
    "مثل حيث حين عندما بينما له لها لهم به بها بهم فيه فيها منه منها عليه عليها إليه إليها عنه "
    "عنها وهو وهي";

constinit const std::string_view kStopPersian =
    "و یا اما ولی که اگر چون زیرا تا پس نیز هم در به از با بر برای بی درباره بین میان روی زیر پیش "
    "نزد جز مگر را این آن اینجا آنجا اینها آنها همین همان چنین چنان من تو او ما شما ایشان آنان وی "
    "خود خویش چه چی کی کدام کجا چرا چگونه چند هر همه هیچ برخی بعضی دیگر یک یکی بسیار خیلی بیش "
    "بیشتر فقط تنها است هست هستم هستی هستیم هستید هستند نیست بود بودم بودند باشد باشند شد شده شود "
    "می نمی خواهد دارد دارند داشت کرد کرده کند ها های ای ام اند";

constinit const std::string_view kStopSorani =
    "و یان بەڵام کە ئەگەر چونکە تا هەتا لە بۆ بە لەگەڵ بێ دەربارەی نێوان سەر ژێر پێش پاش دوای ئەم "
    "ئەو ئەوە ئەمە ئەوان ئەمانە لێرە لەوێ من تۆ ئێمە ئێوە خۆ خۆی چی کێ کام کوێ کەی بۆچی چۆن چەند "
    "هەر هەموو هیچ هەندێک تر دیکە یەک زۆر تەنها هەیە نییە بوو بوون دەبێت دەکات کرد";

constinit const std::string_view kStopHindi =
    "का के की को में से पर ने और या तथा एवं लेकिन परंतु किंतु कि यदि अगर तो क्योंकि जब तब जहां "
    "वहां यहां यह ये वह वे इस उस इन उन इसका उसका इसके उसके इसकी उसकी इसे उसे इन्हें उन्हें मैं "
    "मुझे मेरा मेरे मेरी हम हमें हमारा हमारे हमारी तू तुम तुम्हें तुम्हारा आप आपका आपके आपकी अपना "
    "अपने अपनी जो जिस जिसका जिसके जिन कौन क्या कब कहां क्यों कैसे कितना किस किसी कोई कुछ सब सभी "
    "हर एक ही भी तक साथ लिए बाद पहले द्वारा नहीं न मत है हैं था थे थी हो होता होते होती हुआ हुए "
    "हुई गया गए गई रहा रहे रही कर करना करने किया जा जाता";

}  // namespace blasty::analysis::internal
